"""Finds what a worker that died left undone between two steps of a workflow."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from tasks.ledger.follow import follow
from tasks.ledger.groups import end_groups, groups_that_are_over, look_after_commit
from tasks.models import FINAL, RunStatus, TaskRun

SWEEP_BATCH = 500


def sweep_workflows(limit: int = SWEEP_BATCH) -> int:
    """End up to `limit` groups that are over, oldest first, and move up to `limit` steps whose
    predecessor has ended; return how many groups and steps that were.
    """
    return _move_left_behind(limit) + _end_left_behind(limit)


def _end_left_behind(limit: int) -> int:
    over = groups_that_are_over().order_by("created_at")
    return end_groups(list(over.values_list("pk", flat=True)[:limit]))


def _move_left_behind(limit: int) -> int:
    before = TaskRun.objects.filter(pk=OuterRef("after_run_id"), status__in=FINAL)
    left = TaskRun.objects.filter(
        Exists(before), status=RunStatus.WAITING, after_run_id__isnull=False
    )
    ids = set(left.values_list("after_run_id", flat=True)[:limit])
    if not ids:
        return 0
    with transaction.atomic():
        followed = follow([id_ for id_ in ids if id_ is not None])
        look_after_commit(followed)
    return followed.released + followed.cancelled
