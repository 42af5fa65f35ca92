"""The tabs above the list: one for each status, with how many runs have it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from tasks.admin import asked
from tasks.models import RunStatus
from tasks.service import service


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to the runs of one status, the other filters kept."""

    title: str
    link: str
    is_chosen: bool
    count: str = ""
    """Empty where the runs of other filters would have to be counted."""


def tabs(request: HttpRequest) -> list[Tab]:
    """Return them, that of all runs first."""
    chosen = request.GET.get(asked.STATUS, "")
    counts = {} if asked.is_filtered(request.GET) else _counts()
    statuses = [("", _("All")), *((status.value, str(status.label)) for status in RunStatus)]
    return [
        Tab(
            title=title,
            link=f"?{asked.only_filters(request.GET, **{asked.STATUS: value or None})}",
            is_chosen=value == chosen,
            count=counts.get(value, ""),
        )
        for value, title in statuses
    ]


def _counts() -> dict[str, str]:
    return {
        status.value: number_format(tally.count, force_grouping=True) + "+" * tally.is_more
        for status, tally in service.tallies().items()
    }
