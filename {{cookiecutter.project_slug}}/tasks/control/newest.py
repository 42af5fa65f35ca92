"""The newest of the runs that match, in their order: for lists whose pages have numbers."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tasks.control.matching import LISTED, Matching, oldest_looked_at
from tasks.control.order import SortedId, are_few, found
from tasks.models import RunStatus, TaskRun

MOST_LISTED = 10_000
"""No list is longer."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The runs in their order, the newest first."""

    rows: QuerySet[TaskRun]
    is_bounded: bool
    """Whether they are those among the newest `MOST_READ` runs, and older ones may match, too."""


def newest(matching: Matching) -> Newest:
    """Return them; that takes a query or two, to see how many there are."""
    indexed = list(found(matching, _with_status(matching)))
    if not indexed:
        floor = matching.floor()
        rows = matching.recent(floor).order_by("-pk")
        return Newest(rows, is_bounded=matching.is_looked_for or floor is not None)
    rows = matching.within(matching.rows())
    if any(map(are_few, indexed)):
        return Newest(rows.order_by(SortedId().desc()), is_bounded=False)
    floor = oldest_looked_at(matching.within(TaskRun.objects.all()))
    recent = rows if floor is None else rows.filter(pk__gt=floor)
    if recent[MOST_LISTED : MOST_LISTED + 1].exists():
        return Newest(rows.order_by("-pk"), is_bounded=False)
    if matching.filters == 1:
        return Newest(rows.order_by(SortedId().desc()), is_bounded=False)
    return Newest(recent.order_by("-pk"), is_bounded=floor is not None)


def _with_status(matching: Matching) -> QuerySet[TaskRun] | None:
    if len(matching.statuses) != 1 or matching.statuses[0] in {*LISTED, RunStatus.SUCCESSFUL}:
        return None
    rows = TaskRun.objects.filter(status=matching.statuses[0])
    is_ready = matching.statuses[0] == RunStatus.READY
    return rows.filter(Q(gated=False) | Q(gated=True)) if is_ready else rows
