"""How many runs have each status, counted no further than anybody reads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection

from tasks.control.matching import FOUND_BY_INDEX, oldest_looked_at
from tasks.models import RunStatus, TaskRun

MOST_COUNTED = 10_000

# With the statuses in the text: neither database sees that a parameter is what an index is of.
_PART = "(SELECT COUNT(*) FROM (SELECT 1 FROM tasks_taskrun WHERE {} LIMIT {}) AS part)"


@dataclass(frozen=True, slots=True)
class Tally:
    """Runs with one status."""

    count: int
    is_more: bool
    """Whether there are more, or may be: nobody counted on."""


def tallies() -> dict[RunStatus, Tally]:
    """Count the runs of each status: two queries.

    What has an index of its own is counted by it; what has none, among the newest runs.
    """
    floor = oldest_looked_at(TaskRun.objects.all())
    parts = [(status, where) for status in RunStatus for where in _conditions(status, floor)]
    sql = ", ".join(_PART.format(where, MOST_COUNTED + 1) for _, where in parts)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}")
        row = cursor.fetchone()
    counted = dict.fromkeys(RunStatus, 0)
    for (status, _), number in zip(parts, row, strict=True):
        counted[status] += number
    return {
        status: Tally(
            count=min(number, MOST_COUNTED),
            is_more=number > MOST_COUNTED or (floor is not None and status not in FOUND_BY_INDEX),
        )
        for status, number in counted.items()
    }


def _conditions(status: RunStatus, floor: uuid.UUID | None) -> list[str]:
    has_status = f"status = '{status}'"
    if status == RunStatus.READY:
        # Their indexes are two.
        return [f"{has_status} AND NOT gated", f"{has_status} AND gated"]
    if status in FOUND_BY_INDEX or floor is None:
        return [has_status]
    return [f"{has_status} AND id > '{_text(floor)}'"]


def _text(id_: uuid.UUID) -> str:
    return str(id_) if connection.features.has_native_uuid_field else id_.hex
