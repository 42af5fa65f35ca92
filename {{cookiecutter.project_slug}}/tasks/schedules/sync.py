"""Brings what the code declares into the table."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from tasks import ledger
from tasks.models import Schedule
from tasks.schedules.declare import Declaration, declared
from tasks.schedules.rules import next_tick

logger = logging.getLogger("tasks.schedules")

RULE_FIELDS = ("cron", "every_seconds", "timezone")


def sync(*, retire: bool = False) -> None:
    """Store what the code declares. Whether a schedule is on, people say.

    `retire` switches off those whose declaration is gone. Only a migration does so: while a new
    release is rolled out, a timer of the old one knows nothing of what the new one declares.
    """
    with transaction.atomic():
        now = ledger.now()
        for declaration in declared():
            _store(declaration, now)
        if retire:
            _retire()


def _store(declaration: Declaration, now: datetime) -> None:
    wanted = _fields(declaration)
    known = Schedule.objects.select_for_update().filter(name=declaration.name).first()
    if known is None:
        new = Schedule(name=declaration.name, next_at=next_tick(declaration.rule, now), **wanted)
        # Another timer may be doing the same at this moment.
        Schedule.objects.bulk_create([new], ignore_conflicts=True)
        return
    changed = {name: value for name, value in wanted.items() if getattr(known, name) != value}
    if "from_code" in changed:
        # It was gone from the code and so switched off, and is back now.
        changed["enabled"] = True
    if "enabled" in changed or not changed.keys().isdisjoint(RULE_FIELDS):
        changed["next_at"] = next_tick(declaration.rule, now)
    if changed:
        Schedule.objects.filter(pk=known.pk).update(**changed)


def _fields(declaration: Declaration) -> dict[str, Any]:
    return {
        "task": declaration.task,
        "arguments": declaration.arguments,
        "cron": declaration.rule.cron,
        "every_seconds": declaration.rule.every,
        "timezone": declaration.rule.timezone,
        "catch_up": declaration.catch_up,
        "grace_seconds": declaration.grace,
        "run_at_start": declaration.run_at_start,
        "from_code": True,
    }


def _retire() -> None:
    """Those that people switched off before stay as they are, so that they stay off if the
    declaration comes back; the others are nobody's declaration from now on."""
    gone = Schedule.objects.filter(from_code=True, enabled=True).exclude(
        name__in=[declaration.name for declaration in declared()]
    )
    for name in gone.values_list("name", flat=True):
        logger.warning("The code declares no schedule %s any more: it is switched off", name)
    gone.update(enabled=False, from_code=False)
