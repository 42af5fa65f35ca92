"""Runs that have ended, counted from their rows: how many, how they ended, how long it took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When

from tasks.models import FINAL, RunStatus, TaskRun
from tasks.statistics.buckets import bucket_between, time_between
from tasks.statistics.histogram import BOUNDS, Histogram

# What was cancelled before it was started (again) has neither waited to its end nor run.
MEASURED = Q(attempted_at__gte=F("run_at"))
NONE = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """How many runs ended, how, and how long they took."""

    successful: int = 0
    failed: int = 0
    cancelled: int = 0
    waits: Histogram = field(default_factory=Histogram)
    """From due to started."""
    durations: Histogram = field(default_factory=Histogram)
    """From started, the last time, to ended."""
    waited: timedelta = NONE
    """The sum of what `waits` counts, to the microsecond."""
    lasted: timedelta = NONE
    """The sum of what `durations` counts."""

    @classmethod
    def sum(cls, parts: Iterable[Self]) -> Self:
        """Add up."""
        parts = list(parts)
        return cls(
            successful=sum(part.successful for part in parts),
            failed=sum(part.failed for part in parts),
            cancelled=sum(part.cancelled for part in parts),
            waits=Histogram.sum(part.waits.counts for part in parts),
            durations=Histogram.sum(part.durations.counts for part in parts),
            waited=sum((part.waited for part in parts), NONE),
            lasted=sum((part.lasted for part in parts), NONE),
        )


def ended(since: datetime | None, until: datetime | None = None) -> QuerySet[TaskRun]:
    """Return the runs that ended from `since` until just before `until`."""
    runs = TaskRun.objects.filter(status__in=FINAL, finished_at__isnull=False)
    if since is not None:
        runs = runs.filter(finished_at__gte=since)
    return runs if until is None else runs.filter(finished_at__lt=until)


def endings(runs: QuerySet[TaskRun], *columns: str) -> dict[tuple[str, ...], Endings]:
    """Add up ended runs by columns such as `name` and `queue`: one query."""
    found: dict[tuple[str, ...], _Tally] = defaultdict(_Tally)
    for row in _counted(runs, *columns):
        found[tuple(row[column] for column in columns)].add(row)
    return {key: tally.endings() for key, tally in found.items()}


class _Tally:
    """Endings while they are added up."""

    def __init__(self) -> None:
        self._statuses: Counter[str] = Counter()
        self._waits = [0] * (len(BOUNDS) + 1)
        self._durations = [0] * (len(BOUNDS) + 1)
        self._waited = self._lasted = NONE

    def add(self, row: Mapping[str, Any]) -> None:
        self._statuses[row["status"]] += row["number"]
        if row["wait_bucket"] is not None:
            self._waits[row["wait_bucket"]] += row["number"]
            self._durations[row["duration_bucket"]] += row["number"]
            self._waited += row["waited"]
            self._lasted += row["lasted"]

    def endings(self) -> Endings:
        return Endings(
            successful=self._statuses[RunStatus.SUCCESSFUL],
            failed=self._statuses[RunStatus.FAILED],
            cancelled=self._statuses[RunStatus.CANCELLED],
            waits=Histogram(tuple(self._waits)),
            durations=Histogram(tuple(self._durations)),
            waited=self._waited,
            lasted=self._lasted,
        )


def _counted(runs: QuerySet[TaskRun], *columns: str) -> QuerySet[TaskRun, dict[str, Any]]:
    counted: QuerySet[TaskRun, dict[str, Any]] = runs.values(
        *columns,
        "status",
        wait_bucket=Case(When(MEASURED, then=bucket_between("run_at", "attempted_at"))),
        duration_bucket=Case(When(MEASURED, then=bucket_between("attempted_at", "finished_at"))),
    ).annotate(
        number=Count("pk"),
        waited=Sum(time_between("run_at", "attempted_at")),
        lasted=Sum(time_between("attempted_at", "finished_at")),
    )
    return counted
