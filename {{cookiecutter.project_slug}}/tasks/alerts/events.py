"""What happened: runs that failed for good, ticks of schedules that were missed.

A transaction may commit long after the moment that it wrote. Each look therefore goes back a while
behind the last one, and an alert's own `last_at` tells what was counted already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast
from django.urls import reverse

from tasks.alerts.findings import MOST, SENDER, Finding, Rule
from tasks.models import Alert, RunStatus, ScheduleTick, TaskRun, TickStatus
from tasks.reasons import FAILED_WITH, HELD_KEY, MISSED, NOBODY_KNOWS

MESSAGE_CHARACTERS = 500

DONE_BY_ANOTHER = timedelta(minutes=5)
"""So long may the run of one tick do the work of those that come meanwhile."""


def failures(since: datetime) -> list[Finding]:
    """Return the runs that failed for good since then, grouped by the kind of failure."""
    runs = TaskRun.objects.filter(
        status=RunStatus.FAILED, finished_at__gt=since, fingerprint__isnull=False
    ).exclude(name=SENDER)
    uncounted = _uncounted_kinds(runs)
    if not uncounted:
        return []
    wanted = Q()
    for kind, counted in uncounted.items():
        wanted |= Q(fingerprint=kind, finished_at__gt=counted or since)
    groups: Any = (
        runs.filter(wanted)
        # A kind is of one task: its name is part of the fingerprint.
        .values("fingerprint")
        .annotate(
            task=Max("name"),
            count=Count("pk"),
            last=Max("finished_at"),
            # As text: PostgreSQL 15 knows no greatest UUID.
            newest=Max(Cast("pk", CharField())),
        )
    )
    found = list(groups)
    newest = TaskRun.objects.only("errors").in_bulk([UUID(group["newest"]) for group in found])
    return [_failed(group, newest[UUID(group["newest"])]) for group in found]


def missed_ticks(since: datetime) -> list[Finding]:
    """Return the schedules of which ticks were missed since then.

    Where a schedule is quick and its task unique, every deployment makes ticks that meet the run of
    the one before, which does their work. They are news when that lasts.
    """
    ticks = ScheduleTick.objects.filter(status=TickStatus.MISSED, recorded_at__gt=since)
    lately = ScheduleTick.objects.filter(
        schedule=OuterRef("schedule"),
        status=TickStatus.ENQUEUED,
        tick__lt=OuterRef("tick"),
        tick__gt=OuterRef("tick") - DONE_BY_ANOTHER,
    )
    ticks = ticks.exclude(Q(reason=HELD_KEY) & Exists(lately))
    counted = Alert.objects.filter(rule=Rule.MISSED, key=OuterRef("schedule__name"))
    groups: Any = (
        ticks.alias(counted=Subquery(counted.values("last_at")))
        .filter(Q(counted__isnull=True) | Q(recorded_at__gt=F("counted")))
        .values("schedule__name")
        .annotate(missed=Sum("count"), last=Max("recorded_at"), why=Max("reason"))
        .order_by("last")[:MOST]
    )
    return [
        Finding(
            rule=Rule.MISSED,
            key=group["schedule__name"],
            title=MISSED % {"name": group["schedule__name"]},
            body=group["why"],
            last_at=group["last"],
            count=group["missed"],
        )
        for group in groups
    ]


def _uncounted_kinds(runs: QuerySet[TaskRun]) -> dict[str, datetime | None]:
    """Return the kinds of failure that hold one which no alert has counted, the oldest first.

    And of each, the last one that was.
    """
    kinds: Any = runs.values_list("fingerprint").annotate(last=Max("finished_at")).order_by("last")
    latest: dict[str, datetime] = dict(kinds)
    alerts = Alert.objects.filter(rule=Rule.FAILED, key__in=latest).values_list("key", "last_at")
    counted = dict(alerts) if latest else {}
    new = [kind for kind, last in latest.items() if kind not in counted or last > counted[kind]]
    return {kind: counted.get(kind) for kind in new[:MOST]}


def _failed(group: Mapping[str, Any], run: TaskRun) -> Finding:
    failure = _last_failure(run)
    kind = failure.get("exception_class_path", "")
    address = reverse("admin:tasks_taskrun_change", args=[run.pk])
    return Finding(
        rule=Rule.FAILED,
        key=group["fingerprint"],
        title=FAILED_WITH
        % {"task": group["task"], "error": kind.rpartition(".")[2] or NOBODY_KNOWS},
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
