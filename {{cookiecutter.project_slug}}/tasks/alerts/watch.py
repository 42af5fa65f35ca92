"""One look at what went wrong. The timer calls it every few seconds."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from tasks.alerts import conditions, events, record
from tasks.alerts.findings import CONDITIONS, MOST
from tasks.alerts.sending import Message, channels, send_here
from tasks.backend import Call
from tasks.enqueue import enqueue_many
from tasks.ledger import clock
from tasks.models import Alert, Watermark
from tasks.tasks import send_alert

logger = logging.getLogger("tasks.alerts")

WATCH_EVERY_SECONDS = 5.0

OVERLAP_SECONDS = 30
"""So long may a transaction that wrote a failure take to commit."""

SERVED_SECONDS = 60
"""A worker that gave no sign of life for so long will not send anything."""

_NAME = "alerts"


def watch() -> int:
    """Record what went wrong since the last look and see to it that people are told.

    Returns how many messages there were. Any number of timers may call this: one of them looks.
    """
    now = clock.now()
    # Before the transaction, which holds the lock of a SQLite database for as long as it takes.
    so_now = conditions.present(now)
    with transaction.atomic():
        reached = _claim_watermark(now)
        if reached is None:
            return 0
        since = reached - timedelta(seconds=OVERLAP_SECONDS)
        failures, missed = events.failures(since), events.missed_ticks(since)
        record.record_events([*failures, *missed])
        over = record.record_conditions(so_now, now)
        due = record.due(now)
        record.mark_told(due, now)
        if max(len(failures), len(missed)) < MOST:
            Watermark.objects.filter(pk=_NAME).update(reached_at=now)
        messages = [*map(_message, due), *map(_all_clear, over)]
        _pass_on(messages, now)
    return len(messages)


def _claim_watermark(now: datetime) -> datetime | None:
    """Lock the watermark and return where it stands; `None` when another timer is looking.

    What happened before the first look is nobody's news.
    """
    marks = Watermark.objects.filter(pk=_NAME)
    # On SQLite the transaction itself is the lock.
    mark = marks.select_for_update(skip_locked=True).first()
    if mark is None:
        _, is_first = marks.get_or_create(name=_NAME, defaults={"reached_at": now})
        return now if is_first else None
    return mark.reached_at if mark.reached_at <= now else None


def _message(alert: Alert) -> Message:
    is_condition = alert.rule in CONDITIONS
    times = f" ({alert.count} times)" if alert.count > 1 else ""
    still = "Still: " if is_condition and alert.count == 0 else ""
    return Message(f"{still}{alert.title}{times}", alert.body)


def _all_clear(alert: Alert) -> Message:
    began = f"It began at {alert.first_at:%Y-%m-%d %H:%M:%S} UTC."
    return Message(f"Over: {alert.title}", began, is_over=True)


def _pass_on(messages: Sequence[Message], now: datetime) -> None:
    """Log the messages and have them sent when this transaction commits."""
    for message in messages:
        logger.warning("%s", message.title)
    names = list(channels())
    if not (messages and names):
        return
    served = conditions.served_queues(now, SERVED_SECONDS)
    if served is None or send_alert.queue_name in served:
        calls: list[Call] = [
            ((name, m.title, m.body), {"is_over": True} if m.is_over else {})
            for name in names
            for m in messages
        ]
        enqueue_many(send_alert, calls)
    else:
        # Who would send the alert that there is no worker?
        transaction.on_commit(partial(send_here, messages), robust=True)
