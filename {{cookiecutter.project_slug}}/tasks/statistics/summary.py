"""How queues and tasks are doing: what is there now, and what ended within a window of time.

What ended is read from the rollups as far as they go, and from the rows after that: the numbers are
right with and without a timer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Count, Sum

from tasks import registry
from tasks.ledger import now
from tasks.models import Gate, GateKind, RunStatus, TaskRun
from tasks.statistics.depths import By, Depth, depths, together
from tasks.statistics.endings import Endings, ended, endings
from tasks.statistics.histogram import Percentiles
from tasks.statistics.rollups import HOUR, KEPT, MINUTE, counted_between, endings_of, floor, reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What ended within the window."""

    successful: int
    failed: int
    cancelled: int
    per_minute: float
    """Runs that succeeded or failed."""
    failure_rate: float | None
    """Of those that succeeded or failed, from 0 to 1; `None` when none did."""
    wait: Percentiles
    """Seconds from due to started."""
    duration: Percentiles
    """Seconds from started, the last time, to ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Of one queue, of one task, or of all."""

    name: str
    """Of the queue or the task; empty for all."""
    depth: Depth
    flow: Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of a window of time: what was asked for, begun at a whole minute."""

    since: datetime
    until: datetime
    total: Numbers
    parts: tuple[Numbers, ...]
    """One for each queue or task, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue that a task declares, a row names or a gate stands before."""

    name: str
    paused_at: datetime | None
    limit: int | None
    """The most runs at once; `None`: as many as there is room for."""
    depth: Depth


def statistics(by: By, window: timedelta) -> Statistics:
    """Return the numbers of every queue or task, and of all together: four queries."""
    until = now()
    since = _begin(until, window)
    minutes = (until - since) / MINUTE
    standing = depths(by, until)
    flowing = _endings(by, since)
    declared = registry.queues() if by == "queue" else registry.names()
    return Statistics(
        since=since,
        until=until,
        total=numbers("", together(standing.values()), chain(*flowing.values()), minutes),
        parts=tuple(
            numbers(name, standing.get(name, Depth()), flowing.get(name, []), minutes)
            for name in sorted({*declared, *standing, *flowing})
        ),
    )


def queues() -> list[Queue]:
    """Return all queues, by name: two queries and the time."""
    standing = depths("queue", now())
    gates = {gate.name: gate for gate in Gate.objects.filter(kind=GateKind.QUEUE)}
    return [
        Queue(
            name=name,
            paused_at=gates[name].paused_at if name in gates else None,
            limit=gates[name].max_running if name in gates else None,
            depth=standing.get(name, Depth()),
        )
        for name in sorted({*registry.queues(), *standing, *gates})
    ]


def depth(queue: str | None = None) -> Depth:
    """Return how many runs are there now, in one queue or in all."""
    standing = depths("queue", now())
    return standing.get(queue, Depth()) if queue is not None else together(standing.values())


def count_ended(status: RunStatus, window: timedelta, queue: str | None = None) -> int:
    """Return how many runs ended so within a window, in one queue or in all."""
    since = _begin(now(), window)
    mark = max(since, reached() or since)
    rows = counted_between(since, mark)
    runs = ended(mark).filter(status=status)
    if queue is not None:
        rows, runs = rows.filter(queue=queue), runs.filter(queue=queue)
    total: int | None = rows.aggregate(total=Sum(status.lower()))["total"]
    return (total or 0) + runs.count()


def failures(since: datetime, until: datetime) -> dict[str, int]:
    """Return by task how many runs failed between two times and are failed still: one query.

    From the rows: old rollups are of whole hours, and a day may begin within one.
    """
    runs = TaskRun.objects.filter(finished_at__gte=since, finished_at__lt=until)
    failed = runs.filter(status=RunStatus.FAILED).order_by()
    return dict(failed.values_list("name").annotate(Count("pk")))


def _begin(until: datetime, window: timedelta) -> datetime:
    """Return the whole minute, or of a long window the whole hour, at which it begins."""
    return floor(until - window, MINUTE if window + MINUTE < KEPT[MINUTE] else HOUR)


def _endings(by: By, since: datetime) -> dict[str, list[Endings]]:
    """Return what ended, from the rollups and from the rows that they do not count yet."""
    mark = max(since, reached() or since)
    found: dict[str, list[Endings]] = defaultdict(list)
    for parts in (endings_of(counted_between(since, mark), by), endings(ended(mark), by)):
        for (name,), part in parts.items():
            found[name].append(part)
    return found


def numbers(name: str, depth: Depth, parts: Iterable[Endings], minutes: float) -> Numbers:
    """Add up what ended within so many minutes."""
    part = Endings.sum(parts)
    executed = part.successful + part.failed
    return Numbers(
        name=name,
        depth=depth,
        flow=Flow(
            successful=part.successful,
            failed=part.failed,
            cancelled=part.cancelled,
            per_minute=executed / minutes,
            failure_rate=part.failed / executed if executed else None,
            wait=part.waits.percentiles(),
            duration=part.durations.percentiles(),
        ),
    )
