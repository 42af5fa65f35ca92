"""What is failed now, by kind: how many, since when, and how it went today."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Max, Min, Q

from tasks.ledger import now
from tasks.models import RunStatus, TaskRun

HOURS = 24
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """Runs of one task that failed in the same way, at the same place, and are failed still."""

    fingerprint: str
    task: str
    error: str
    """The path of the exception's class, of the newest."""
    message: str
    """Of the newest."""
    count: int
    first_at: datetime
    last_at: datetime
    last_run_id: uuid.UUID
    trend: tuple[int, ...]
    """How many in each of the last 24 hours, the current one last."""


def failing(limit: int = 50) -> list[Failing]:
    """Return the kinds that failed last, the newest first: three queries and the time."""
    failed = TaskRun.objects.filter(status=RunStatus.FAILED)
    kinds: list[Any] = list(
        failed.filter(fingerprint__isnull=False, finished_at__isnull=False)
        .values("fingerprint")
        .annotate(count=Count("pk"), first_at=Min("finished_at"), last_at=Max("finished_at"))
        .order_by("-last_at", "fingerprint")[:limit]
    )
    if not kinds:
        return []
    trends = _trends([kind["fingerprint"] for kind in kinds], now())
    newest = _newest(kinds)
    return [
        Failing(**kind, **newest[kind["fingerprint"]], trend=trends[kind["fingerprint"]])
        for kind in kinds
        if kind["fingerprint"] in newest
    ]


def _newest(kinds: list[Any]) -> dict[str, dict[str, Any]]:
    """Return of each kind what its last failure says."""
    # SQLite compares times as text, and its own have three digits where Django asks with six.
    which = reduce(
        or_,
        (
            Q(
                fingerprint=kind["fingerprint"],
                finished_at__gt=kind["last_at"] - MOMENT,
                finished_at__lte=kind["last_at"],
            )
            for kind in kinds
        ),
    )
    rows = TaskRun.objects.filter(which, status=RunStatus.FAILED).order_by("finished_at")
    return {
        str(fingerprint): {"task": name, "last_run_id": id_, **_told(errors)}
        for fingerprint, name, id_, errors in rows.values_list(
            "fingerprint", "name", "pk", "errors"
        )
    }


def _told(errors: str) -> dict[str, str]:
    try:
        last = json.loads(errors)[-1]
        return {"error": str(last["exception_class_path"]), "message": str(last["message"])}
    except (ValueError, LookupError, TypeError, RecursionError):
        return {"error": "", "message": ""}


def _trends(fingerprints: Iterable[str], time: datetime) -> dict[str, tuple[int, ...]]:
    since = time - timedelta(hours=HOURS)
    lately = TaskRun.objects.filter(
        status=RunStatus.FAILED, fingerprint__in=list(fingerprints), finished_at__gt=since
    )
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * HOURS)
    rows: Iterator[Any] = lately.values_list("fingerprint", "finished_at").iterator()
    for fingerprint, finished_at in rows:
        hour = int((finished_at - since) / timedelta(hours=1))
        counts[str(fingerprint)][min(hour, HOURS - 1)] += 1
    return defaultdict(lambda: (0,) * HOURS, {key: tuple(row) for key, row in counts.items()})
