"""Due schedules become runs: any number of timers, one run a tick.

The runs, the record of the ticks and the schedule's next tick are one transaction, under the lock
of the schedule's row. There is no leader: who finds a row locked takes the next one.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from tasks import ledger, registry
from tasks.errors import InvalidSchedule
from tasks.models import Schedule, ScheduleTick, TickStatus, Watermark
from tasks.reasons import AT_START, HELD_KEY
from tasks.schedules.enqueueing import enqueue_ticks
from tasks.schedules.plan import ON_TIME, plan
from tasks.schedules.rules import Rule

logger = logging.getLogger("tasks.schedules")

BATCH = 50
FROZEN_AFTER_SECONDS = 10
PATIENCE_SECONDS = 1
"""So long a transaction may take that has inserted a run with the same unique key."""
START_TOGETHER = timedelta(minutes=1)

MAX_REASON = 255


def tick_due_schedules(limit: int = BATCH) -> int:
    """Enqueue what up to `limit` schedules are due for; return how many schedules were dealt
    with."""
    # Most looks find nothing. A look that only reads asks for no lock.
    if not _due().exists():
        return 0
    with transaction.atomic():
        locked = _lock(_due().order_by("next_at"), limit)
        done = [schedule for schedule, now in locked if _tick(schedule, now)]
        Schedule.objects.bulk_update(done, ["next_at", "last_at"])
        return len(done)


def tick_at_start() -> int:
    """Enqueue what also runs when a timer starts; return for how many schedules.

    Timers that start within a minute of each other count as one.
    """
    starting = Schedule.objects.filter(enabled=True, run_at_start=True)
    together = ScheduleTick.objects.filter(
        reason__startswith=AT_START, tick__gt=Now() - START_TOGETHER
    )
    with transaction.atomic():
        locked = _lock(starting.order_by("pk"), None)
        # Read under the locks: what a timer has done that had them before is seen.
        done = set(together.values_list("schedule_id", flat=True))
        return sum(
            _enqueue(schedule, [now], why=AT_START)
            for schedule, now in locked
            if schedule.pk not in done
        )


def _due() -> QuerySet[Schedule]:
    """What a timer of this release does not know is left to one that does, while it is on time."""
    due = Schedule.objects.filter(enabled=True, next_at__lte=Now())
    return due.filter(Q(task__in=registry.names()) | Q(next_at__lt=Now() - ON_TIME))


def _lock(schedules: QuerySet[Schedule], limit: int | None) -> list[tuple[Schedule, datetime]]:
    """Return the rows that no other timer is at, each with the time at which it was read."""
    ledger.bound_transaction(idle=FROZEN_AFTER_SECONDS, locked=PATIENCE_SECONDS)
    rows = schedules.select_for_update(skip_locked=True).annotate(now=Now())[:limit]
    return [(row, row.now) for row in rows]


def _tick(schedule: Schedule, now: datetime) -> bool:
    """Deal with one schedule, whatever is wrong with it; return whether that was possible now."""
    try:
        due = plan(
            Rule.of(schedule),
            schedule.next_at or now,
            now=now,
            catch_up=schedule.catch_up,
            grace=timedelta(seconds=schedule.grace_seconds),
        )
    except InvalidSchedule as error:
        # Not due again before somebody has mended it.
        schedule.next_at = None
        _miss(schedule, now, 1, str(error))
        return True
    if due.run:
        if not _enqueue(schedule, due.run):
            return False
        schedule.last_at = due.run[-1]
    if due.missed is not None and _was_awaited(schedule):
        _miss(schedule, due.missed.first, due.missed.count, due.missed.reason)
    schedule.next_at = due.next_at
    return True


def _was_awaited(schedule: Schedule) -> bool:
    """Whether a timer has looked since the schedule was stored.

    A migration stores what the code declares, and the first timer may come much later: what was due
    in between is not missed, it has not begun.
    """
    return Watermark.objects.filter(reached_at__gt=schedule.created_at).exists()


def _enqueue(schedule: Schedule, ticks: Sequence[datetime], *, why: str = "") -> bool:
    """Return whether the ticks have their runs, or reasons why not; else they are to wait."""
    try:
        with transaction.atomic():
            ids = enqueue_ticks(schedule, ticks)
            ScheduleTick.objects.bulk_create(_records(schedule, ticks, ids, why))
    except ledger.AWAY as error:
        if not ledger.was_locked(error):
            raise
        logger.warning("Schedule %s waits for a transaction with its unique key", schedule)
        return False
    except Exception as error:  # noqa: BLE001 - one bad schedule must not stop the others
        _miss(schedule, ticks[0], len(ticks), f"{why} {error}".strip())
    return True


def _records(
    schedule: Schedule, ticks: Sequence[datetime], ids: Sequence[uuid.UUID | None], why: str
) -> Iterator[ScheduleTick]:
    for tick, id_ in zip(ticks, ids, strict=True):
        yield ScheduleTick(
            schedule=schedule,
            tick=tick,
            status=TickStatus.MISSED if id_ is None else TickStatus.ENQUEUED,
            run_id=id_,
            reason=f"{why} {HELD_KEY}".strip() if id_ is None else why,
        )


def _miss(schedule: Schedule, first: datetime, count: int, reason: str) -> None:
    logger.warning("Schedule %s missed %d ticks from %s on: %s", schedule, count, first, reason)
    missed = ScheduleTick(
        schedule=schedule,
        tick=first,
        status=TickStatus.MISSED,
        count=count,
        reason=reason.replace("\0", "")[:MAX_REASON],
    )
    # A tick that is recorded already had its run, or its reason.
    ScheduleTick.objects.bulk_create([missed], ignore_conflicts=True)
