"""Ended runs, counted once a minute: statistics of a day read some hundred rows, not all runs.

A minute is counted 10 s after its end. Its counts and the watermark, up to which all is counted,
are one transaction: any number of timers may do this, and none counts a minute twice. When an hour
is full, its minutes are added up to one row as well; beside the rows of each task and queue stands
one of all together, and what has ever ended is in `totals`. A run that ends in a transaction which
stays open for longer than those 10 s may be missed.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q, QuerySet, StringAgg, Sum, Value

from tasks.ledger import now
from tasks.models import Overall, Rollup, Watermark
from tasks.statistics.endings import Endings, ended, endings
from tasks.statistics.histogram import Histogram
from tasks.statistics.totals import add_to_totals, columns_of

JOB = "rollups"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CLOSED_AFTER = timedelta(seconds=10)
KEPT = {MINUTE: timedelta(days=2), HOUR: timedelta(days=90)}
PRUNE_BATCH = 1000
SUMMED = ("successful", "failed", "cancelled", "waited", "lasted")
JOINED = ("waits", "durations")


def roll_up(*, most: int = 60) -> int:
    """Count up to `most` minutes that have ended and hold ended runs; return how many.

    What no timer was there for is caught up; where nothing ended, the watermark jumps.
    """
    minutes = 0
    while minutes < most and (counted := _advance()) is not None:
        minutes += counted
    return minutes


def reached() -> datetime | None:
    """Return up to when all is counted; `None` before the first time."""
    return Watermark.objects.filter(pk=JOB).values_list("reached_at", flat=True).first()


def counted_between(since: datetime, until: datetime) -> QuerySet[Rollup]:
    """Return the rollups that count the time from `since` until `until`, each ending just once.

    Both are whole minutes, and `until` is at most the watermark. Full hours are read as such.
    """
    return Rollup.objects.filter(_full_hours(since, until))


def all_between(since: datetime, until: datetime) -> QuerySet[Overall]:
    """Return the same of all tasks together: one row for a minute or an hour."""
    return Overall.objects.filter(_full_hours(since, until))


def minutes_between[Rows: (Rollup, Overall)](
    rows: QuerySet[Rows], since: datetime, until: datetime
) -> QuerySet[Rows]:
    """Return those of single minutes."""
    return rows.filter(_spans(MINUTE, since, until))


def endings_of(
    rollups: QuerySet[Rollup] | QuerySet[Overall], *columns: str
) -> dict[tuple[str, ...], Endings]:
    """Add up rollups by columns: one query."""
    found = (
        rollups.order_by()
        .values(*columns)
        .annotate(
            **{f"all_{name}": Sum(name) for name in SUMMED},
            **{f"all_{name}": StringAgg(name, Value(",")) for name in JOINED},
        )
    )
    return {tuple(row[column] for column in columns): _sum(row) for row in found}


def prune_rollups(limit: int = PRUNE_BATCH) -> int:
    """Delete up to `limit` old rollups of each size and kind; return how many."""
    deleted = 0
    # The minutes of an hour that is not full are still to be added up, however old they are.
    full = floor(reached() or now(), HOUR)
    for size, kept in KEPT.items():
        before = min(now() - kept, full)
        for rows in (Rollup.objects.all(), Overall.objects.all()):
            old = rows.filter(size=_seconds(size), starts_at__lt=before)
            ids = list(old.order_by("starts_at").values_list("pk", flat=True)[:limit])
            deleted += rows.filter(pk__in=ids).delete()[0]
    return deleted


def floor(time: datetime, step: timedelta) -> datetime:
    """Return the last whole `step` at or before a time."""
    epoch = datetime.fromtimestamp(0, UTC)
    return epoch + (time - epoch) // step * step


def _advance() -> int | None:
    """Move the watermark; return 1 when a minute was counted, `None` when it cannot be moved."""
    if (reached() or _begin()) >= _closed():
        return None
    with transaction.atomic():
        mark = Watermark.objects.select_for_update(skip_locked=True).filter(pk=JOB).first()
        closed = _closed()
        # Another timer holds it, or has moved it meanwhile.
        if mark is None or mark.reached_at >= closed:
            return None
        begin = mark.reached_at
        first = ended(begin).aggregate(first=Min("finished_at"))["first"]
        minute = closed if first is None else min(closed, floor(first, MINUTE))
        until = max(minute, begin + MINUTE)
        if minute == begin:
            _count(minute)
        if floor(until, HOUR) > floor(begin, HOUR):
            _fold(floor(begin, HOUR))
        Watermark.objects.filter(pk=JOB).update(reached_at=until)
    return int(minute == begin)


def _begin() -> datetime:
    first = ended(None).aggregate(first=Min("finished_at"))["first"]
    begin = floor(first or now(), MINUTE)
    return Watermark.objects.get_or_create(name=JOB, defaults={"reached_at": begin})[0].reached_at


def _closed() -> datetime:
    return floor(now() - CLOSED_AFTER, MINUTE)


def _count(minute: datetime) -> None:
    found = endings(ended(minute, minute + MINUTE), "name", "queue")
    _store(MINUTE, minute, found)
    add_to_totals(found)


def _fold(hour: datetime) -> None:
    minutes = minutes_between(Rollup.objects.all(), hour, hour + HOUR)
    _store(HOUR, hour, endings_of(minutes, "name", "queue"))


def _store(size: timedelta, starts_at: datetime, found: dict[tuple[str, ...], Endings]) -> None:
    if not found:
        return
    span: dict[str, Any] = {"size": _seconds(size), "starts_at": starts_at}
    Rollup.objects.bulk_create(
        Rollup(name=name, queue=queue, **span, **columns_of(part))
        for (name, queue), part in found.items()
    )
    together = columns_of(Endings.sum(found.values()))
    Overall.objects.create(queues=_by_queue(found), **span, **together)


def _by_queue(found: dict[tuple[str, ...], Endings]) -> str:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (_name, queue), part in found.items():
        for place, count in enumerate((part.successful, part.failed, part.cancelled)):
            counts[queue][place] += count
    return json.dumps(counts, separators=(",", ":"))


def _sum(row: dict[str, Any]) -> Endings:
    return Endings(
        successful=row["all_successful"],
        failed=row["all_failed"],
        cancelled=row["all_cancelled"],
        waits=Histogram.read([row["all_waits"]]),
        durations=Histogram.read([row["all_durations"]]),
        waited=row["all_waited"],
        lasted=row["all_lasted"],
    )


def _full_hours(since: datetime, until: datetime) -> Q:
    full, last = floor(since + HOUR - MINUTE, HOUR), floor(until, HOUR)
    if full >= last:
        return _spans(MINUTE, since, until)
    return _spans(MINUTE, since, full) | _spans(HOUR, full, last) | _spans(MINUTE, last, until)


def _spans(size: timedelta, since: datetime, until: datetime) -> Q:
    return Q(size=_seconds(size), starts_at__gte=since, starts_at__lt=until)


def _seconds(size: timedelta) -> int:
    return size // timedelta(seconds=1)
