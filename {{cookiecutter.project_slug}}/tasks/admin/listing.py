"""How the list of runs is read: newest first, a page at a time, never counted."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from tasks.models import TaskRun

MAX_ROWS = 10_000


class RecentPaginator(InfinitePaginator):
    """Pages through the newest rows without counting them.

    It ends after `MAX_ROWS`: the database walks over all rows before a page, so a page far back
    would be as slow as the count that is spared. Filters and the search reach older rows.
    """

    count = MAX_ROWS


class RunList(ChangeList):
    """The list without a count, and without the columns that only a run's own page shows."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[TaskRun]:
        runs: QuerySet[TaskRun] = super().get_queryset(request, *args, **kwargs)
        return runs.defer("arguments", "return_value")

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # Where the two differ, Unfold's heading gives the paginator's number for a count.
        self.full_result_count = self.result_count
