"""How many runs are there now, by their status: what waits, what runs, what has failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import CharField, Count, DateTimeField, Func, Min, QuerySet, Value

from tasks.models import RunStatus, TaskRun

type By = Literal["queue", "name"]


class Word(Func):
    """A status as it stands in the conditions of the indexes.

    With a parameter in its place SQLite takes the index, and then looks at the status of every row.
    """

    template = "'%(word)s'"
    output_field = CharField()

    def __init__(self, status: RunStatus) -> None:
        super().__init__(word=status.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How many runs are there now, by their status."""

    ready: int = 0
    scheduled: int = 0
    waiting: int = 0
    running: int = 0
    failed: int = 0
    oldest_ready: float | None = None
    """Seconds since the oldest READY run was due; `None` when there is none."""

    @property
    def pending(self) -> int:
        """Runs that have not started."""
        return self.ready + self.scheduled + self.waiting


def depths(by: By, time: datetime) -> dict[str, Depth]:
    """Count the runs of each queue or task: one query.

    Each status is counted by an index of its own, so what has succeeded is not read.
    """
    parts = [
        _counted(by, RunStatus.READY, gated=False),
        _counted(by, RunStatus.READY, gated=True),
        *(
            _counted(by, status)
            for status in (
                RunStatus.SCHEDULED,
                RunStatus.WAITING,
                RunStatus.RUNNING,
                RunStatus.FAILED,
            )
        ),
    ]
    found: dict[str, list[Depth]] = defaultdict(list)
    for row in parts[0].union(*parts[1:], all=True):
        oldest = row["oldest"]
        age = None if oldest is None else max(0.0, (time - oldest).total_seconds())
        found[row[by]].append(Depth(**{row["counted"].lower(): row["number"]}, oldest_ready=age))
    return {name: together(rows) for name, rows in found.items()}


def _counted(by: By, status: RunStatus, **more: Any) -> QuerySet[TaskRun, dict[str, Any]]:
    # Of the others it is not asked for: their indexes alone can answer.
    is_ready = status == RunStatus.READY
    oldest = Min("run_at") if is_ready else Value(None, output_field=DateTimeField())
    counted: QuerySet[TaskRun, dict[str, Any]] = (
        TaskRun.objects.filter(status=Word(status), **more)
        .values(by, counted=Value(status))
        .annotate(number=Count("*"), oldest=oldest)
    )
    return counted


def together(parts: Iterable[Depth]) -> Depth:
    """Add up."""
    parts = list(parts)
    return Depth(
        **{
            name: sum(getattr(depth, name) for depth in parts)
            for name in ("ready", "scheduled", "waiting", "running", "failed")
        },
        oldest_ready=max(
            (depth.oldest_ready for depth in parts if depth.oldest_ready is not None),
            default=None,
        ),
    )
