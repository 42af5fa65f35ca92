"""The end of groups. No member writes to its group: whoever finishes one looks whether any is left.

Two that finish the last two members may both look, and a third may die before it does. So an end is
written under the group's lock and once, and `sweep_workflows()` finds the ends that nobody saw.
"""

import uuid
from collections.abc import Collection, Sequence
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from tasks.ledger.bell import ring_after_commit
from tasks.ledger.dialect import execute, id_of
from tasks.ledger.follow import Followed, cancel_waiting, follow, release_after_group
from tasks.ledger.gather import ResultsTooLarge, results_text
from tasks.ledger.turns import turn_to_write
from tasks.models import LIVE, RunGroup, RunStatus, TaskRun
from tasks.reasons import GROUP_LOST, MEMBERS_FAILED

# Asked after every batch of members that ended, so not by the ORM, which would take longer than the
# batch. Read from the back: the last members are the last to end, and before them the index holds
# what was left of those that have.
_WITHOUT_LIVE_MEMBERS = """
SELECT id FROM tasks_rungroup AS looked_at WHERE id IN {ids} AND finished_at IS NULL AND (
    SELECT position FROM tasks_taskrun WHERE group_id = looked_at.id
        AND status IN ('SCHEDULED', 'WAITING', 'READY', 'RUNNING')
    ORDER BY position DESC LIMIT 1) IS NULL
"""


def insert_groups(groups: Sequence[RunGroup]) -> None:
    """Insert groups, before their members."""
    RunGroup.objects.bulk_create(groups, batch_size=1000)


def look_after_commit(followed: Followed) -> None:
    """Ring for what has become READY, and end the groups that may have ended, after the commit."""
    ring_after_commit(followed.ready)
    if followed.groups:
        # Robust: what goes wrong here is a log line, and the sweep does it again.
        transaction.on_commit(partial(end_groups, followed.groups), robust=True)


def follow_ended(runs: QuerySet[TaskRun]) -> None:
    """Release or cancel what waits for runs that the caller's transaction ends."""
    tied = list(runs.exclude(workflow_id=None).values_list("pk", "leads", "group_id"))
    followed = follow([pk for pk, leads, _ in tied if leads])
    followed.groups |= {group_id for _, _, group_id in tied if group_id is not None}
    look_after_commit(followed)


def end_groups(ids: Collection[uuid.UUID]) -> int:
    """End those of these groups whose members have all ended, and the groups around them.

    Returns how many ended. Each is a transaction, which also releases or cancels what waits for the
    group.
    """
    ended = 0
    looking = set(ids)
    while looking:
        left = [id_of(row[0]) for row in execute(_WITHOUT_LIVE_MEMBERS, ids=looking)]
        looking = set()
        for group_id in left:
            followed = _end(group_id)
            if followed is not None:
                ended += 1
                looking |= followed.groups
    return ended


def groups_that_are_over() -> QuerySet[RunGroup]:
    """Return the groups that have not been ended although nothing of them is left."""
    live = TaskRun.objects.filter(group_id=OuterRef("pk"), status__in=LIVE).order_by("-position")
    inner = RunGroup.objects.filter(outer_id=OuterRef("pk"), finished_at=None)
    return (
        RunGroup.objects.filter(
            Q(total__gt=0) | ~Exists(_run_before()) & ~Exists(_group_before()),
            ~Exists(inner),
            finished_at=None,
        )
        .alias(live=Subquery(live.values("position")[:1]))
        .filter(live=None)
    )


def settle_followers(group_id: uuid.UUID) -> Followed:
    """Release or cancel what waits for a group that has ended, once more; the caller commits."""
    group = RunGroup.objects.select_for_update().exclude(finished_at=None).filter(pk=group_id)
    return _move_followers(group[0]) if group else Followed()


def has_begun(group: RunGroup) -> bool:
    """Whether what the group waited for has succeeded, so that its members could run."""
    while group.after_group_id is not None:
        group = RunGroup.objects.get(pk=group.after_group_id)
        if group.finished_at is None or group.failed:
            return False
    if group.after_run_id is None:
        return True
    before = TaskRun.objects.filter(pk=group.after_run_id)
    return not before.exclude(status=RunStatus.SUCCESSFUL).exists()


def _run_before() -> QuerySet[TaskRun]:
    return TaskRun.objects.filter(pk=OuterRef("after_run_id"), status__in=LIVE)


def _group_before() -> QuerySet[RunGroup]:
    return RunGroup.objects.filter(pk=OuterRef("after_group_id"), finished_at=None)


def _end(group_id: uuid.UUID) -> Followed | None:
    """End a group if it is over; return what followed, or `None` when there was nothing to do."""
    with turn_to_write(), transaction.atomic():
        group = RunGroup.objects.select_for_update().filter(pk=group_id, finished_at=None).first()
        # The lock is held now: whoever was here before has committed, and this look is the last.
        if group is None or not groups_that_are_over().filter(pk=group_id).exists():
            return None
        group.failed = group.total - _succeeded(group_id)
        RunGroup.objects.filter(pk=group_id).update(finished_at=Now(), failed=group.failed)
        followed = _move_followers(group)
        followed.groups |= _groups_around(group)
    ring_after_commit(followed.ready)
    return followed


def _succeeded(group_id: uuid.UUID) -> int:
    runs = TaskRun.objects.filter(group_id=group_id, status=RunStatus.SUCCESSFUL)
    groups = RunGroup.objects.filter(outer_id=group_id, failed=0)
    return runs.count() + groups.count()


def _groups_around(group: RunGroup) -> set[uuid.UUID]:
    """The group that this one is a member of, and groups without members that wait for it."""
    after = RunGroup.objects.filter(after_group_id=group.pk, total=0, finished_at=None)
    around = set(after.values_list("pk", flat=True))
    return around if group.outer_id is None else around | {group.outer_id}


def _move_followers(group: RunGroup) -> Followed:
    followers = TaskRun.objects.filter(after_group_id=group.pk, status=RunStatus.WAITING)
    if not followers.exists():
        return Followed()
    if not has_begun(group):
        return cancel_waiting(followers, _why_it_never_began(group))
    followed = Followed()
    if group.failed:
        strict = followers.filter(regardless=False)
        followed += cancel_waiting(
            strict, MEMBERS_FAILED % {"failed": group.failed, "total": group.total}
        )
    followed += _release(group, followers)
    return followed


def _release(group: RunGroup, followers: QuerySet[TaskRun]) -> Followed:
    followed = Followed()
    results = "[]"
    takers = followers.filter(takes_result=True)
    if takers.exists():
        try:
            results = results_text(group.pk)
        except ResultsTooLarge as error:
            followed += cancel_waiting(takers, str(error))
    followed += release_after_group(group.pk, results)
    return followed


def _why_it_never_began(group: RunGroup) -> str:
    """Say it as the members were told."""
    told = TaskRun.objects.filter(workflow_id=group.workflow_id, group_id=group.pk)
    reason = told.exclude(reason="").values_list("reason", flat=True).first()
    return reason or GROUP_LOST
