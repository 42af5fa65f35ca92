"""Another life for what failed in a workflow, and with it for what was cancelled because of that.

A step whose predecessor did not succeed has nothing to run with: to retry it is to retry the first
step before it whose own predecessor did succeed. A callback that was let go is not let go again,
however often members of its group are retried.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from tasks.ledger.follow import Followed, follow
from tasks.ledger.groups import look_after_commit, settle_followers
from tasks.models import RunGroup, RunStatus, TaskRun

RETRIABLE = (RunStatus.FAILED, RunStatus.CANCELLED)

BATCH = 5000
_COLUMNS = (
    "status",
    "attempt",
    "cancel_requested",
    "regardless",
    "group_id",
    "after_run_id",
    "after_group_id",
)


def anew() -> dict[str, Any]:
    """Return what a retry changes beside the status and the time."""
    return {
        "expires_at": None,
        "spent": 0,
        "crashes": 0,
        "finished_at": None,
        "fingerprint": None,
        "worker_id": None,
        "cancel_requested": False,
        "reason": "",
    }


def revive(ended: QuerySet[TaskRun]) -> int:
    """Retry these steps of workflows, in the caller's transaction; return how many of them."""
    wanted: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for workflow_id, id_ in ended.values_list("workflow_id", "pk"):
        if workflow_id is not None:
            wanted[workflow_id].add(id_)
    return sum(_revive(workflow_id, wanted[workflow_id]) for workflow_id in sorted(wanted))


def _revive(workflow_id: uuid.UUID, ids: set[uuid.UUID]) -> int:
    plan = Revival(workflow_id)
    plan.want(ids)
    ready, waiting = plan.ready(), plan.waiting()
    changed = _update(ready, status=RunStatus.READY, run_at=Now(), **anew())
    changed += _update(waiting, status=RunStatus.WAITING, **anew())
    _reopen(plan.reopened)
    followed = Followed(ready=ready)
    # What they wait for may have come while they were cancelled.
    followed += follow(list(plan.runs_before(waiting)))
    for group_id in plan.groups_before(waiting) - plan.reopened:
        followed += settle_followers(group_id)
    look_after_commit(followed)
    return len(ids & plan.wanted) if changed else 0


def _update(ids: Collection[uuid.UUID], **changes: Any) -> int:
    every = list(ids)
    return sum(
        TaskRun.objects.filter(pk__in=every[start : start + BATCH], status__in=RETRIABLE).update(
            **changes
        )
        for start in range(0, len(every), BATCH)
    )


def _reopen(ids: Collection[uuid.UUID]) -> None:
    RunGroup.objects.filter(pk__in=ids).update(finished_at=None, failed=0)


class Revival:
    """What lives again together, found in the rows of one workflow."""

    def __init__(self, workflow_id: uuid.UUID) -> None:
        groups = RunGroup.objects.filter(workflow_id=workflow_id).order_by("pk")
        # Their locks keep them from ending meanwhile.
        self.groups = {group.pk: group for group in groups.select_for_update()}
        runs = TaskRun.objects.filter(workflow_id=workflow_id)
        self.runs = {run.pk: run for run in runs.only("pk", *_COLUMNS)}
        self.wanted: set[uuid.UUID] = set()
        self.reopened: set[uuid.UUID] = set()
        self._index()

    def _index(self) -> None:
        self._inner: dict[uuid.UUID, list[RunGroup]] = defaultdict(list)
        self._empty_after: dict[uuid.UUID, list[RunGroup]] = defaultdict(list)
        for group in self.groups.values():
            before = group.after_run_id or group.after_group_id
            if group.outer_id is not None:
                self._inner[group.outer_id].append(group)
            if group.total == 0 and before is not None:
                self._empty_after[before].append(group)
        self._members: dict[uuid.UUID, list[TaskRun]] = defaultdict(list)
        self._after_run: dict[uuid.UUID, list[TaskRun]] = defaultdict(list)
        self._after_group: dict[uuid.UUID, list[TaskRun]] = defaultdict(list)
        for run in self.runs.values():
            if run.group_id is not None:
                self._members[run.group_id].append(run)
            if run.after_run_id is not None:
                self._after_run[run.after_run_id].append(run)
            if run.after_group_id is not None:
                self._after_group[run.after_group_id].append(run)

    def want(self, ids: Collection[uuid.UUID]) -> None:
        """Find all that lives again when these do: what has to, and then what was cancelled since.

        The others that failed stay as they are: nobody asked for them.
        """
        asked = self._revivable([self.runs[id_] for id_ in ids if id_ in self.runs])
        pending = list(asked)
        while asked:
            before = self._revivable(self._before(asked.pop()))
            asked += before
            pending += before
        while pending:
            run = pending.pop()
            pending += self._revivable(self._cancelled(self._after_run[run.pk]))
            pending += self._revivable(self._around(run))

    def _revivable(self, runs: Iterable[TaskRun]) -> list[TaskRun]:
        """Add to what is wanted those that can be and are not yet; return them."""
        new = []
        for run in runs:
            if run.pk in self.wanted or run.status not in RETRIABLE or self._is_cut_off(run):
                continue
            self.wanted.add(run.pk)
            new.append(run)
        return new

    def ready(self) -> list[uuid.UUID]:
        """Those that were let go once, or never waited."""
        return [id_ for id_ in self.wanted if self._was_let_go(self.runs[id_])]

    def waiting(self) -> list[uuid.UUID]:
        """The others."""
        return [id_ for id_ in self.wanted if not self._was_let_go(self.runs[id_])]

    def runs_before(self, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """The runs that these wait for."""
        before = {self.runs[id_].after_run_id for id_ in ids}
        return {id_ for id_ in before if id_ is not None}

    def groups_before(self, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
        """The groups that these wait for."""
        before = {self.runs[id_].after_group_id for id_ in ids}
        return {id_ for id_ in before if id_ is not None}

    @staticmethod
    def _was_let_go(run: TaskRun) -> bool:
        return run.attempt > 0 or (run.after_run_id is None and run.after_group_id is None)

    def _is_cut_off(self, run: TaskRun) -> bool:
        """Whether what it waits for was deleted, so that it can never come."""
        return (
            run.after_run_id is not None
            and run.after_run_id not in self.runs
            and not self._was_let_go(run)
        )

    def _before(self, run: TaskRun) -> Iterator[TaskRun]:
        """Yield what has to be retried so that this run can be."""
        if self._was_let_go(run):
            return
        if run.after_run_id in self.runs:
            yield self.runs[run.after_run_id]
        elif run.after_group_id in self.groups:
            group = self.groups[run.after_group_id]
            let_go = run.regardless and self._has_begun(group)
            if group.finished_at is not None and not let_go:
                yield from self._failed_in(group)

    def _failed_in(self, group: RunGroup) -> Iterator[TaskRun]:
        """Yield the members that did not succeed, of the groups within too, or what was before."""
        if not self._has_begun(group):
            if group.after_run_id in self.runs:
                yield self.runs[group.after_run_id]
            elif group.after_group_id in self.groups:
                yield from self._failed_in(self.groups[group.after_group_id])
        yield from self._members[group.pk]
        for inner in self._inner[group.pk]:
            yield from self._failed_in(inner)

    @staticmethod
    def _cancelled(followers: list[TaskRun]) -> list[TaskRun]:
        """Those that nobody cancelled but what they waited for."""
        return [
            run
            for run in followers
            if run.status == RunStatus.CANCELLED and not run.cancel_requested and run.attempt == 0
        ]

    def _around(self, run: TaskRun) -> Iterator[TaskRun]:
        """Reopen the groups that wait for this run; yield what waited for them."""
        for group in self._empty_after[run.pk]:
            yield from self._reopen(group)
        if run.group_id in self.groups:
            yield from self._reopen(self.groups[run.group_id])

    def _reopen(self, group: RunGroup) -> Iterator[TaskRun]:
        if group.finished_at is None or group.pk in self.reopened:
            return
        self.reopened.add(group.pk)
        may_be_let_go = self._has_begun(group)
        yield from self._cancelled(
            [run for run in self._after_group[group.pk] if not (run.regardless and may_be_let_go)]
        )
        for empty in self._empty_after[group.pk]:
            yield from self._reopen(empty)
        if group.outer_id in self.groups:
            yield from self._reopen(self.groups[group.outer_id])

    def _has_begun(self, group: RunGroup) -> bool:
        """As `tasks.ledger.groups.has_begun`, from the rows that are here."""
        while group.after_group_id in self.groups:
            group = self.groups[group.after_group_id]
            if group.finished_at is None or group.failed:
                return False
        before = self.runs.get(group.after_run_id) if group.after_run_id else None
        return before is None or before.status == RunStatus.SUCCESSFUL
