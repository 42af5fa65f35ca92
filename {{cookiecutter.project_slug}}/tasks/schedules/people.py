"""What people do to schedules: switch them, change them, run them now."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from tasks import ledger
from tasks.errors import UniqueRunExists
from tasks.models import Schedule, ScheduleTick, TickStatus
from tasks.reasons import BY_HAND
from tasks.schedules.enqueueing import enqueue_ticks
from tasks.schedules.rules import Rule, next_tick
from tasks.schedules.sync import RULE_FIELDS


def switch(schedule: Schedule, *, on: bool) -> bool:
    """Switch a schedule on or off; return whether that changed anything.

    What was due while it was off is forgotten: the next tick counts from now. Raises
    `InvalidSchedule` when it cannot be switched on because its rule makes no sense.
    """
    changed = Schedule.objects.filter(pk=schedule.pk, enabled=not on)
    if not on:
        return changed.update(enabled=False) == 1
    following = next_tick(Rule.of(schedule), ledger.now())
    return changed.update(enabled=True, next_at=following) == 1


def save(schedule: Schedule) -> None:
    """Store a schedule that a person made or changed.

    With a new rule, or switched on, its next tick counts from now. Raises `InvalidSchedule`.
    """
    with transaction.atomic():
        before = Schedule.objects.select_for_update().filter(pk=schedule.pk).first()
        if before is None or _begins_anew(before, schedule):
            schedule.next_at = next_tick(Rule.of(schedule), ledger.now())
        else:
            schedule.next_at, schedule.last_at = before.next_at, before.last_at
        schedule.save()


def run_now(schedule: Schedule) -> uuid.UUID:
    """Enqueue one run at once, whatever the rule says; return its id.

    Raises `UnknownTask`, `ArgumentsDoNotFit`, `InvalidSchedule` when runs of the task are not
    stored, and `UniqueRunExists` when another live run holds its unique key.
    """
    with transaction.atomic():
        (id_,) = enqueue_ticks(schedule, [None])
        if id_ is None:
            said = _(
                "Another live run of %(task)s holds the unique key. Wait for its end or cancel it."
            )
            raise UniqueRunExists(said % {"task": schedule.task})
        ScheduleTick.objects.create(
            schedule=schedule, tick=Now(), status=TickStatus.ENQUEUED, run_id=id_, reason=BY_HAND
        )
    return id_


def _begins_anew(before: Schedule, schedule: Schedule) -> bool:
    rule_changed = any(getattr(before, name) != getattr(schedule, name) for name in RULE_FIELDS)
    return rule_changed or before.next_at is None or (schedule.enabled and not before.enabled)
