"""Runs that have ended, counted from their rows: how many, how they ended, how long it took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import CharField, Count, F, Q, QuerySet, StringAgg, Sum, Value
from django.db.models.functions import Cast

from tasks.models import FINAL, RunStatus, TaskRun
from tasks.statistics.buckets import TimeBetween, bucket_between
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
        # Of those that were measured; none at all is NULL.
        _add(self._waits, row["wait_buckets"] or "")
        _add(self._durations, row["duration_buckets"] or "")
        self._waited += row["waited"] or NONE
        self._lasted += row["lasted"] or NONE

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


def _add(counts: list[int], buckets: str) -> None:
    for bucket, number in Counter(filter(None, buckets.split(","))).items():
        counts[int(bucket)] += number


def _counted(runs: QuerySet[TaskRun], *columns: str) -> QuerySet[TaskRun, dict[str, Any]]:
    """Return a row for each status, with the bucket of each run in a text.

    Grouped by buckets, too, there would be nearly as many rows as runs.
    """
    counted: QuerySet[TaskRun, dict[str, Any]] = runs.values(*columns, "status").annotate(
        number=Count("pk"),
        wait_buckets=_joined("run_at", "attempted_at"),
        duration_buckets=_joined("attempted_at", "finished_at"),
        waited=Sum(TimeBetween("run_at", "attempted_at"), filter=MEASURED),
        lasted=Sum(TimeBetween("attempted_at", "finished_at"), filter=MEASURED),
    )
    return counted


def _joined(begin: str, end: str) -> StringAgg:
    buckets = Cast(bucket_between(begin, end), CharField())
    return StringAgg(buckets, Value(","), filter=MEASURED)
