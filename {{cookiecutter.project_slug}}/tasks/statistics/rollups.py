"""Ended runs, counted once a minute: statistics of a day read some hundred rows, not all runs.

A minute is counted 10 s after its end. Its counts and the watermark, up to which all is counted,
are one transaction: any number of timers may do this, and none counts a minute twice. When an hour
is full, its minutes are added up to one row as well; what has ever ended is in `totals`. A run that
ends in a transaction which stays open for longer than those 10 s may be missed.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q, QuerySet

from tasks.ledger import now
from tasks.models import Rollup, Watermark
from tasks.statistics.endings import Endings, ended, endings
from tasks.statistics.histogram import Histogram
from tasks.statistics.totals import add_to_totals

JOB = "rollups"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CLOSED_AFTER = timedelta(seconds=10)
KEPT = {MINUTE: timedelta(days=2), HOUR: timedelta(days=90)}
PRUNE_BATCH = 1000
COUNTS = ("successful", "failed", "cancelled", "waits", "durations")


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
    full, last = floor(since + HOUR - MINUTE, HOUR), floor(until, HOUR)
    if full >= last:
        return Rollup.objects.filter(_spans(MINUTE, since, until))
    return Rollup.objects.filter(
        _spans(MINUTE, since, full) | _spans(HOUR, full, last) | _spans(MINUTE, last, until)
    )


def endings_of(rollups: QuerySet[Rollup], *columns: str) -> dict[tuple[str, ...], Endings]:
    """Add up rollups by columns: one query."""
    found: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rollups.values_list(*columns, *COUNTS):
        found[row[: len(columns)]].append(row[len(columns) :])
    return {key: _sum(rows) for key, rows in found.items()}


def prune_rollups(limit: int = PRUNE_BATCH) -> int:
    """Delete up to `limit` old rollups of each size; return how many."""
    deleted = 0
    # The minutes of an hour that is not full are still to be added up, however old they are.
    full = floor(reached() or now(), HOUR)
    for size, kept in KEPT.items():
        before = min(now() - kept, full)
        old = Rollup.objects.filter(size=_seconds(size), starts_at__lt=before)
        ids = list(old.order_by("starts_at").values_list("pk", flat=True)[:limit])
        deleted += Rollup.objects.filter(pk__in=ids).delete()[0]
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
    minutes = Rollup.objects.filter(_spans(MINUTE, hour, hour + HOUR))
    _store(HOUR, hour, endings_of(minutes, "name", "queue"))


def _store(size: timedelta, starts_at: datetime, found: dict[tuple[str, ...], Endings]) -> None:
    Rollup.objects.bulk_create(
        Rollup(
            size=_seconds(size),
            starts_at=starts_at,
            name=name,
            queue=queue,
            successful=part.successful,
            failed=part.failed,
            cancelled=part.cancelled,
            waits=part.waits.text(),
            durations=part.durations.text(),
        )
        for (name, queue), part in found.items()
    )


def _sum(rows: list[tuple[Any, ...]]) -> Endings:
    successful, failed, cancelled, waits, durations = zip(*rows, strict=True)
    return Endings(
        successful=sum(successful),
        failed=sum(failed),
        cancelled=sum(cancelled),
        waits=Histogram.read(waits),
        durations=Histogram.read(durations),
    )


def _spans(size: timedelta, since: datetime, until: datetime) -> Q:
    return Q(size=_seconds(size), starts_at__gte=since, starts_at__lt=until)


def _seconds(size: timedelta) -> int:
    return size // timedelta(seconds=1)
