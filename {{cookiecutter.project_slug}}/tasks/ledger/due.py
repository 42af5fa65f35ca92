"""What time leads to READY, and what it leads away from there."""

import uuid

from django.db import transaction
from django.db.models.functions import Now

from tasks.ledger.groups import follow_ended
from tasks.models import UNSTARTED, RunStatus, TaskRun
from tasks.reasons import EXPIRED

PROMOTE_BATCH = 1000


def promote(limit: int = PROMOTE_BATCH) -> list[uuid.UUID]:
    """Make READY up to `limit` scheduled runs that have become due; return their ids."""
    due = TaskRun.objects.filter(status=RunStatus.SCHEDULED, run_at__lte=Now()).order_by("run_at")
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        if ids:
            TaskRun.objects.filter(pk__in=ids, status=RunStatus.SCHEDULED).update(
                status=RunStatus.READY
            )
        return ids


def expire(limit: int = PROMOTE_BATCH) -> list[uuid.UUID]:
    """Cancel up to `limit` runs that were not started in time; return their ids."""
    late = TaskRun.objects.filter(
        status__in=UNSTARTED, expires_at__lte=Now(), started_at=None
    ).order_by("expires_at")
    with transaction.atomic():
        ids = list(late.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        if ids:
            TaskRun.objects.filter(pk__in=ids, status__in=UNSTARTED).update(
                status=RunStatus.CANCELLED, finished_at=Now(), reason=EXPIRED
            )
            follow_ended(TaskRun.objects.filter(pk__in=ids, status=RunStatus.CANCELLED))
        return ids
