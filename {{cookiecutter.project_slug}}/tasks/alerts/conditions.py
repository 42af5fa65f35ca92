"""What is so right now: runs wait too long, a queue has no worker, a task mostly fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Sum

from tasks import ledger
from tasks.alerts.findings import MOST, SENDER, Finding, Rule
from tasks.models import Rollup, Worker
from tasks.reasons import MOST_FAIL, NO_SIGN, NO_WORKER, READY_SINCE, SO_MANY_FAILED, WAITS


def present(now: datetime) -> list[Finding]:
    """Return everything that is so."""
    limits = (settings.ALERT_WAITING_SECONDS, settings.ALERT_NO_WORKER_SECONDS)
    shortest = min((limit for limit in limits if limit), default=None)
    ready = {} if shortest is None else ledger.overdue(shortest, but=SENDER, most=MOST)
    return [*_waiting(ready, now), *_without_worker(ready, now), *_failing(now)]


def _waiting(ready: Mapping[str, datetime], now: datetime) -> list[Finding]:
    """Return the queues in which a run has been ready for too long."""
    limit = settings.ALERT_WAITING_SECONDS
    return [
        Finding(
            rule=Rule.WAITING,
            key=queue,
            title=WAITS % {"queue": queue, "limit": limit},
            body=READY_SINCE % {"since": f"{since:%Y-%m-%d %H:%M:%S}"},
            last_at=now,
        )
        for queue, since in ready.items()
        if limit and since <= now - timedelta(seconds=limit)
    ]


def _without_worker(ready: Mapping[str, datetime], now: datetime) -> list[Finding]:
    """Return the queues in which runs are ready and for which no worker has beaten for too long."""
    limit = settings.ALERT_NO_WORKER_SECONDS
    queues = [
        queue for queue, since in ready.items() if limit and since <= now - timedelta(seconds=limit)
    ]
    served = served_queues(now, limit) if queues else None
    if served is None:
        return []
    return [
        Finding(
            rule=Rule.NO_WORKER,
            key=queue,
            title=NO_WORKER % {"queue": queue},
            body=NO_SIGN % {"limit": limit},
            last_at=now,
        )
        for queue in queues
        if queue not in served
    ]


def served_queues(now: datetime, seconds: float) -> frozenset[str] | None:
    """Return the queues of workers that have beaten lately; `None` when one of them takes all.

    Whatever their status is: workers that are being restarted are no reason to wake anybody.
    """
    beating = Worker.objects.filter(beat_at__gt=now - timedelta(seconds=seconds))
    taken = set(beating.values_list("queues", flat=True))
    if "" in taken:
        return None
    return frozenset(queue for queues in taken for queue in queues.split(","))


def _failing(now: datetime) -> list[Finding]:
    """Return the tasks of which too many runs failed lately."""
    percent, sample = settings.ALERT_FAILURE_PERCENT, settings.ALERT_FAILURE_SAMPLE
    minutes = settings.ALERT_FAILURE_MINUTES
    if not percent:
        return []
    lately: Any = (
        Rollup.objects.filter(size=60, starts_at__gte=now - timedelta(minutes=minutes))
        .exclude(name=SENDER)
        .values("name")
        .annotate(bad=Sum("failed"), ended=Sum("failed") + Sum("successful"))
        .filter(ended__gte=sample, bad__gte=F("ended") * (percent / 100))
        .order_by("name")[:MOST]
    )
    return [
        Finding(
            rule=Rule.FAILING,
            key=task["name"],
            title=MOST_FAIL % {"percent": task["bad"] * 100 // task["ended"], "task": task["name"]},
            body=SO_MANY_FAILED % {"bad": task["bad"], "ended": task["ended"], "minutes": minutes},
            last_at=now,
        )
        for task in lately
    ]
