"""One look at everything: what the dashboard shows, in six queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, cast

from django.db.models import CharField, DateTimeField, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, TruncMinute

from tasks.control.workforce import Glance, glance
from tasks.ledger import now
from tasks.models import Gate, GateKind, Rollup, Schedule, Watermark
from tasks.statistics.depths import Depth, depths, together
from tasks.statistics.endings import Endings, ended, endings
from tasks.statistics.histogram import Histogram
from tasks.statistics.kinds import Kind, newest_kinds
from tasks.statistics.rollups import HOUR, JOB, MINUTE, counted_between, floor
from tasks.statistics.summary import Numbers, numbers
from tasks.statistics.timeline import Bucket, bucket

MOST_SCHEDULES = 6
MARK, GATE, DUE = "mark", "gate", "due"


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
    """A queue, and what ended of it within the window."""

    numbers: Numbers
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
        total=numbers("", together(depth.values()), chain(*flow.by_queue.values()), minutes),
        before=Endings.sum(flow.before),
        buckets=tuple(
            bucket(starts_at, flow.by_step.get(starts_at, []))
            for starts_at in (since + number * step for number in range(length // step))
        ),
        queues=tuple(
            QueueGlance(
                numbers=numbers(
                    name, depth.get(name, Depth()), flow.by_queue.get(name, []), minutes
                ),
                paused_at=standing.paused.get(name),
                limit=standing.limits.get(name),
            )
            for name in sorted({*depth, *flow.by_queue, *standing.paused})
        ),
        workers=tuple(workers),
        failures=tuple(newest_kinds(since)),
        schedules=tuple(sorted(standing.due, key=lambda due: due.next_at)[:MOST_SCHEDULES]),
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


@dataclass(slots=True)
class _Flow:
    """What ended: in this window by queue and by step, and in the one before it."""

    by_queue: dict[str, list[Endings]] = field(default_factory=lambda: defaultdict(list))
    by_step: dict[datetime, list[Endings]] = field(default_factory=lambda: defaultdict(list))
    before: list[Endings] = field(default_factory=list)

    @classmethod
    def read(
        cls, since: datetime, earliest: datetime, step: timedelta, reached_at: datetime | None
    ) -> _Flow:
        """Two queries: the rollups, and the rows that they do not count yet."""
        flow = cls()
        mark = max(earliest, reached_at or earliest)
        cells: dict[tuple[datetime, str], list[Endings]] = defaultdict(list)
        for starts_at, queue, part in chain(_rolled_up(since, earliest, mark, step), _rows(mark)):
            if starts_at is None or starts_at < since:
                flow.before.append(part)
            else:
                cells[floor(starts_at, step), queue].append(part)
        for (starts_at, queue), parts in cells.items():
            cell = Endings.sum(parts)
            flow.by_queue[queue].append(cell)
            flow.by_step[starts_at].append(cell)
        return flow


type _Part = tuple[datetime | None, str, Endings]


def _rolled_up(
    since: datetime, earliest: datetime, mark: datetime, step: timedelta
) -> Iterator[_Part]:
    """Yield the rollups of this window, each for itself, and those before it in one sum."""
    sums = {name: Sum(name, default=0) for name in ("successful", "failed", "cancelled")}
    current = (
        _counted(since, mark, step)
        .order_by()
        .values_list(
            "starts_at", "queue", "successful", "failed", "cancelled", "waits", "durations"
        )
    )
    earlier = (
        _counted(earliest, min(since, mark), step)
        .order_by()
        .values(at=_none(DateTimeField()), of=Value("", output_field=CharField()))
        .annotate(**{f"all_{name}": total for name, total in sums.items()})
        .annotate(waited=Value("[]"), took=Value("[]"))
        .values_list("at", "of", "all_successful", "all_failed", "all_cancelled", "waited", "took")
    )
    rows: list[Any] = list(current.union(earlier, all=True))
    # One parse for all: there may be thousands.
    waits = Histogram.read_each([row[5] for row in rows])
    durations = Histogram.read_each([row[6] for row in rows])
    for row, waited, took in zip(rows, waits, durations, strict=True):
        starts_at, queue, successful, failed, cancelled = row[:5]
        part = Endings(
            successful=successful,
            failed=failed,
            cancelled=cancelled,
            waits=waited,
            durations=took,
        )
        yield starts_at, queue, part


def _counted(since: datetime, until: datetime, step: timedelta) -> QuerySet[Rollup]:
    if step >= HOUR:
        return counted_between(since, until)
    seconds = MINUTE // timedelta(seconds=1)
    return Rollup.objects.filter(Q(size=seconds, starts_at__gte=since, starts_at__lt=until))


def _rows(mark: datetime) -> Iterator[_Part]:
    rows: Any = ended(mark).annotate(starts_at=TruncMinute("finished_at", tzinfo=UTC))
    for key, part in endings(rows, "starts_at", "queue").items():
        starts_at, queue = cast("tuple[Any, str]", key)
        yield starts_at, queue, part


def _none(field: Any = None) -> Value:
    return Value(None, output_field=field or IntegerField())
