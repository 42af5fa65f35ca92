"""One look at everything: what the dashboard shows, in six queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from operator import add
from typing import Any, cast

from django.db.models import CharField, DateTimeField, F, IntegerField, QuerySet, Sum, Value
from django.db.models.functions import Cast, TruncMinute

from tasks.control.workforce import Glance, glance
from tasks.ledger import now
from tasks.models import Gate, GateKind, Overall, Schedule, Watermark
from tasks.statistics.depths import Depth, depths, together
from tasks.statistics.endings import Endings, ended, endings
from tasks.statistics.histogram import Histogram
from tasks.statistics.kinds import Kind, newest_kinds
from tasks.statistics.rollups import (
    HOUR,
    JOB,
    MINUTE,
    all_between,
    floor,
    minutes_between,
)
from tasks.statistics.summary import Numbers, numbers
from tasks.statistics.timeline import Bucket, bucket

MOST_SCHEDULES = 6
MARK, GATE, DUE = "mark", "gate", "due"
ENDED = ("successful", "failed", "cancelled")
KEPT = ("waits", "durations", "queues")


@dataclass(frozen=True, slots=True)
class Window:
    """How far back, in what steps."""

    length: timedelta
    step: timedelta


WINDOWS = {
    "hour": Window(HOUR, MINUTE),
    "day": Window(24 * HOUR, HOUR),
    "week": Window(7 * 24 * HOUR, 2 * HOUR),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueGlance:
    """A queue, and how many of its runs ended within the window; not how long they took."""

    name: str
    depth: Depth
    successful: int
    failed: int
    per_minute: float
    """Runs that succeeded or failed."""
    failure_rate: float | None
    """Of those that succeeded or failed, from 0 to 1; `None` when none did."""
    paused_at: datetime | None
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A schedule, and when it is due next."""

    name: str
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything at a glance."""

    since: datetime
    until: datetime
    step: timedelta
    total: Numbers
    before: Endings
    """What ended in the window of the same length before this one; not how long it took."""
    buckets: tuple[Bucket, ...]
    queues: tuple[QueueGlance, ...]
    workers: tuple[Glance, ...]
    failures: tuple[Kind, ...]
    """The most frequent kinds, of the newest failures within the window."""
    schedules: tuple[Due, ...]


def overview(window: str = "hour") -> Overview:
    """Return what is there, and what ended within a window. Raises `KeyError` for no window."""
    length, step = WINDOWS[window].length, WINDOWS[window].step
    workers = glance()
    until = workers[0].seen_at if workers else now()
    since = floor(until, step) + step - length
    standing = _Standing.read()
    flow = _Flow.read(since, since - length, step, standing.reached_at)
    depth = depths("queue", until)
    minutes = (until - since) / MINUTE
    return Overview(
        since=since,
        until=until,
        step=step,
        total=numbers("", together(depth.values()), flow.by_step.values(), minutes),
        before=flow.before,
        buckets=tuple(
            bucket(starts_at, flow.by_step.get(starts_at, Endings()))
            for starts_at in (since + number * step for number in range(length // step))
        ),
        queues=tuple(
            _queue(
                name,
                depth.get(name, Depth()),
                flow.by_queue.get(name, [0, 0, 0]),
                minutes,
                standing,
            )
            for name in sorted({*depth, *flow.by_queue, *standing.paused})
        ),
        workers=tuple(workers),
        failures=tuple(newest_kinds(since)),
        schedules=tuple(sorted(standing.due, key=lambda due: due.next_at)[:MOST_SCHEDULES]),
    )


def _queue(
    name: str, depth: Depth, counts: _Counts, minutes: float, standing: _Standing
) -> QueueGlance:
    successful, failed, _cancelled = counts
    executed = successful + failed
    return QueueGlance(
        name=name,
        depth=depth,
        successful=successful,
        failed=failed,
        per_minute=executed / minutes,
        failure_rate=failed / executed if executed else None,
        paused_at=standing.paused.get(name),
        limit=standing.limits.get(name),
    )


@dataclass(slots=True)
class _Standing:
    """What people have set, and how far the timer has counted."""

    reached_at: datetime | None = None
    paused: dict[str, datetime | None] = field(default_factory=dict)
    limits: dict[str, int | None] = field(default_factory=dict)
    due: list[Due] = field(default_factory=list)

    @classmethod
    def read(cls) -> _Standing:
        """One query."""
        found = cls()
        for kind, name, time, limit in _standing_rows():
            if kind == MARK:
                found.reached_at = time
            elif kind == GATE:
                found.paused[name], found.limits[name] = time, limit
            else:
                found.due.append(Due(name=name, next_at=time))
        return found


def _standing_rows() -> QuerySet[Any, Any]:
    parts: tuple[tuple[QuerySet[Any], str, str, Any], ...] = (
        (Watermark.objects.filter(pk=JOB), MARK, "reached_at", _none(IntegerField())),
        (Gate.objects.filter(kind=GateKind.QUEUE), GATE, "paused_at", F("max_running")),
        (Schedule.objects.filter(enabled=True, next_at__isnull=False), DUE, "next_at", _none()),
    )
    first, *others = (
        rows.order_by().values_list(
            Value(kind, output_field=CharField()),
            Cast("name", CharField()),
            F(time),
            Cast(limit, IntegerField()),
        )
        for rows, kind, time, limit in parts
    )
    return first.union(*others, all=True)


type _Counts = list[int]
"""How many were successful, failed and cancelled."""


@dataclass(slots=True)
class _Flow:
    """What ended: in this window by queue and by step, and in the one before it."""

    by_queue: dict[str, _Counts]
    by_step: dict[datetime, Endings]
    before: Endings

    @classmethod
    def read(
        cls, since: datetime, earliest: datetime, step: timedelta, reached_at: datetime | None
    ) -> _Flow:
        """Two queries: the rollups, and the rows that they do not count yet."""
        mark = max(earliest, reached_at or earliest)
        queues: dict[str, _Counts] = defaultdict(lambda: [0, 0, 0])
        steps: dict[datetime, list[Endings]] = defaultdict(list)
        before: list[Endings] = []
        for starts_at, part, counts in chain(_rolled_up(since, earliest, mark, step), _rows(mark)):
            if starts_at < since:
                before.append(part)
                continue
            steps[floor(starts_at, step)].append(part)
            for queue, more in counts.items():
                queues[queue] = list(map(add, queues[queue], more))
        return cls(
            by_queue=queues,
            by_step={begin: Endings.sum(parts) for begin, parts in steps.items()},
            before=Endings.sum(before),
        )


type _Part = tuple[datetime, Endings, dict[str, _Counts]]


def _rolled_up(
    since: datetime, earliest: datetime, mark: datetime, step: timedelta
) -> Iterator[_Part]:
    """Yield each rollup of this window, and in one sum those before it, which say only how many."""
    sums = {f"all_{name}": Sum(name, default=0) for name in ENDED}
    none = {"no_waits": Value("[]"), "no_durations": Value("[]"), "no_queues": Value("{}")}
    current = _within(since, mark, step).order_by().values_list("starts_at", *ENDED, *KEPT)
    earlier = (
        _within(earliest, min(since, mark), step)
        .order_by()
        .values(at=Value(earliest, output_field=DateTimeField()))
        .annotate(**sums, **none)
        .values_list("at", *sums, *none)
    )
    rows: list[Any] = list(current.union(earlier, all=True))
    # One parse for all of them.
    waits = Histogram.read_each([row[4] for row in rows])
    durations = Histogram.read_each([row[5] for row in rows])
    queues = json.loads(f"[{','.join(row[6] for row in rows)}]")
    for row, waited, took, counts in zip(rows, waits, durations, queues, strict=True):
        starts_at, successful, failed, cancelled = row[:4]
        part = Endings(
            successful=successful,
            failed=failed,
            cancelled=cancelled,
            waits=waited,
            durations=took,
        )
        yield starts_at, part, counts


def _within(since: datetime, until: datetime, step: timedelta) -> QuerySet[Overall]:
    if step >= HOUR:
        return all_between(since, until)
    return minutes_between(Overall.objects.all(), since, until)


def _rows(mark: datetime) -> Iterator[_Part]:
    rows: Any = ended(mark).annotate(starts_at=TruncMinute("finished_at", tzinfo=UTC))
    for key, part in endings(rows, "starts_at", "queue").items():
        starts_at, queue = cast("tuple[Any, str]", key)
        yield starts_at, part, {queue: [part.successful, part.failed, part.cancelled]}


def _none(field: Any = None) -> Value:
    return Value(None, output_field=field or IntegerField())
