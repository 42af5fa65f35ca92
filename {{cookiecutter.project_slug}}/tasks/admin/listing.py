"""How the list of runs is read: newest first, a page at a time, never counted."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from tasks.admin import asked
from tasks.admin.tabs import Tab, tabs
from tasks.control.matching import MOST_READ, Matching
from tasks.control.newest import MOST_LISTED, newest
from tasks.control.reading import HEAVY
from tasks.models import TaskRun


class RecentPaginator(InfinitePaginator):
    """Pages through the newest rows without counting them.

    It ends after `MOST_LISTED`: the database walks over all rows before a page, so a page far back
    would be as slow as the count that is spared. Filters and the search reach older rows.
    """

    count = MOST_LISTED


class UncountedList(ChangeList):
    """A list that says nothing of how many there are."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # Where the two differ, Unfold's heading gives the paginator's number for a count.
        self.full_result_count = self.result_count


class RunList(UncountedList):
    """The list without a count, and without the columns that only a run's own page shows."""

    matching: Matching
    is_bounded: bool
    tabs: list[Tab]
    filters: str
    """What the address asks for, to be handed on."""

    def get_filters(self, request: HttpRequest) -> Any:
        specs, has_filters, remaining, may_double, has_active = super().get_filters(request)
        if remaining:
            # It would narrow the list, and not what is done to all that match.
            raise IncorrectLookupParameters(f"No filter is called {', '.join(remaining)}.")
        return specs, has_filters, remaining, may_double, has_active

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[TaskRun]:
        super().get_queryset(request, *args, **kwargs)
        self.matching = asked.matching_of(request)
        found = newest(self.matching)
        self.is_bounded = found.is_bounded
        return found.rows.defer(*HEAVY)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.tabs = tabs(request)
        self.filters = asked.only_filters(request.GET)

    @property
    def most_read(self) -> str:
        """Among how many runs, the newest, the filters look; empty: among all."""
        return number_format(MOST_READ, force_grouping=True) if self.is_bounded else ""
