"""What happened: runs that failed for good, ticks of schedules that were missed.

A transaction may commit long after the moment that it wrote. Each look therefore goes back a while
behind the last one, and an alert's own `last_at` tells what was counted already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast
from django.urls import reverse

from tasks.alerts.findings import MOST, SENDER, Finding, Rule
from tasks.models import Alert, RunStatus, ScheduleTick, TaskRun, TickStatus

MESSAGE_CHARACTERS = 500


def failures(since: datetime) -> list[Finding]:
    """Return the runs that failed for good since then, grouped by the kind of failure."""
    runs = TaskRun.objects.filter(
        status=RunStatus.FAILED, finished_at__gt=since, fingerprint__isnull=False
    ).exclude(name=SENDER)
    groups: Any = (
        _uncounted(runs, Rule.FAILED, key="fingerprint", moment="finished_at")
        .values("name", "fingerprint")
        # As text: PostgreSQL 15 knows no greatest UUID.
        .annotate(count=Count("pk"), last=Max("finished_at"), newest=Max(Cast("pk", CharField())))
        .order_by("last")[:MOST]
    )
    found = list(groups)
    newest = TaskRun.objects.only("errors").in_bulk([UUID(group["newest"]) for group in found])
    return [_failed(group, newest[UUID(group["newest"])]) for group in found]


def missed_ticks(since: datetime) -> list[Finding]:
    """Return the schedules of which ticks were missed since then."""
    ticks = ScheduleTick.objects.filter(status=TickStatus.MISSED, recorded_at__gt=since)
    groups: Any = (
        _uncounted(ticks, Rule.MISSED, key="schedule__name", moment="recorded_at")
        .values("schedule__name")
        .annotate(missed=Sum("count"), last=Max("recorded_at"), why=Max("reason"))
        .order_by("last")[:MOST]
    )
    return [
        Finding(
            rule=Rule.MISSED,
            key=group["schedule__name"],
            title=f"Schedule {group['schedule__name']} was missed",
            body=group["why"],
            last_at=group["last"],
            count=group["missed"],
        )
        for group in groups
    ]


def _uncounted(rows: QuerySet[Any], rule: Rule, *, key: str, moment: str) -> QuerySet[Any]:
    """Return those of the rows that are newer than the last one that an alert has counted."""
    counted = Alert.objects.filter(rule=rule, key=OuterRef(key)).values("last_at")
    is_newer = Q(counted__isnull=True) | Q(**{f"{moment}__gt": F("counted")})
    uncounted: QuerySet[Any] = rows.alias(counted=Subquery(counted)).filter(is_newer)
    return uncounted


def _failed(group: Mapping[str, Any], run: TaskRun) -> Finding:
    failure = _last_failure(run)
    kind = failure.get("exception_class_path", "")
    address = reverse("admin:tasks_taskrun_change", args=[run.pk])
    return Finding(
        rule=Rule.FAILED,
        key=group["fingerprint"],
        title=f"{group['name']} failed: {kind.rpartition('.')[2] or 'nobody knows why'}",
        body=f"{failure.get('message', '')[:MESSAGE_CHARACTERS]}\n{settings.SITE_URL}{address}",
        last_at=group["last"],
        count=group["count"],
    )


def _last_failure(run: TaskRun) -> dict[str, str]:
    """Return the newest failed attempt; nothing when somebody spoilt the row."""
    try:
        failure = run.failures[-1]
    except (ValueError, RecursionError, LookupError, TypeError):
        return {}
    return {key: value for key, value in failure.items() if isinstance(value, str)}
