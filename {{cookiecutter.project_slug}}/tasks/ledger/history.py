"""What is old is deleted, in batches that block nobody, and what a person has no use for."""

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from tasks.conf import options
from tasks.models import (
    LIVE,
    LogLine,
    RunGroup,
    RunStatus,
    ScheduleTick,
    TaskRun,
    Worker,
    WorkerStatus,
)

PRUNE_BATCH = 1000
WORKERS_KEPT = timedelta(days=1)


def prune_runs(limit: int = PRUNE_BATCH) -> int:
    """Delete up to `limit` runs that ended longer ago than they are kept; return how many.

    What has ended in a workflow stays as long as any run of it lives, and what did not fail as long
    as there is one that did: its retry needs the others.
    """
    for old in (_old_runs(failed=False), _old_runs(failed=True)):
        with transaction.atomic():
            ids = list(
                old.order_by("finished_at")
                .select_for_update(skip_locked=True, of=("self",))
                .values_list("pk", flat=True)[:limit]
            )
            if ids:
                LogLine.objects.filter(run_id__in=ids).delete()
                return TaskRun.objects.filter(pk__in=ids).delete()[0]
    return 0


def count_old_runs() -> int:
    """Return how many runs `prune_runs` would delete by and by."""
    return _old_runs(failed=False).count() + _old_runs(failed=True).count()


def _old_runs(*, failed: bool) -> QuerySet[TaskRun]:
    same = TaskRun.objects.filter(workflow_id=OuterRef("workflow_id"))
    keeping = same.filter(status__in=LIVE if failed else (*LIVE, RunStatus.FAILED))
    statuses = (RunStatus.FAILED,) if failed else (RunStatus.SUCCESSFUL, RunStatus.CANCELLED)
    return TaskRun.objects.filter(
        Q(workflow_id=None) | ~Exists(keeping),
        status__in=statuses,
        finished_at__lt=Now() - options().kept_for(failed=failed),
    )


def prune_ticks(limit: int = PRUNE_BATCH) -> int:
    """Delete up to `limit` records of ticks that are older than runs are kept; return how many."""
    old = ScheduleTick.objects.filter(recorded_at__lt=Now() - options().kept_for(failed=False))
    ids = list(old.order_by("recorded_at").values_list("pk", flat=True)[:limit])
    return ScheduleTick.objects.filter(pk__in=ids).delete()[0] if ids else 0


def prune_groups(limit: int = PRUNE_BATCH) -> int:
    """Delete up to `limit` groups of workflows whose runs are all gone; return how many."""
    runs = TaskRun.objects.filter(workflow_id=OuterRef("workflow_id"))
    old = RunGroup.objects.filter(
        ~Exists(runs), finished_at__lt=Now() - options().kept_for(failed=False)
    )
    ids = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    return RunGroup.objects.filter(pk__in=ids).delete()[0] if ids else 0


def prune_workers() -> int:
    """Delete workers that stopped or were lost more than a day ago and hold nothing."""
    gone = Worker.objects.exclude(status=WorkerStatus.ALIVE)
    return gone.filter(beat_at__lt=Now() - WORKERS_KEPT).delete()[0]


def delete(ids: Collection[uuid.UUID]) -> int:
    """Delete failed and cancelled runs; return how many.

    The members of a group that has not ended stay: it counts them.
    """
    group = RunGroup.objects.filter(pk=OuterRef("group_id"), finished_at=None)
    ended = TaskRun.objects.filter(status__in=(RunStatus.FAILED, RunStatus.CANCELLED), pk__in=ids)
    with transaction.atomic():
        gone = ended.filter(~Exists(group))
        LogLine.objects.filter(run_id__in=gone.values("pk")).delete()
        return gone.delete()[0]
