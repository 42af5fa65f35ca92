"""What people do to runs: retry, run now, cancel, delete. Each is written down for each run."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, DELETION
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tasks import ledger
from tasks.control import audit
from tasks.control.matching import Matching
from tasks.errors import UniqueRunExists
from tasks.models import LIVE, RunGroup, RunStatus, TaskRun

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django_stubs_ext import StrOrPromise

BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that people do to runs."""

    name: str
    apply: Callable[[Collection[uuid.UUID]], int]
    applies_to: Q
    statuses: tuple[RunStatus, ...]
    """Of those that are meant when nobody says which."""
    entry: StrOrPromise
    """How the history of a run puts it."""
    flag: int = CHANGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What came of an act."""

    applied: int = 0
    left: int = 0
    """Runs that are as they were: their state did not allow it."""
    clashing: tuple[str, ...] = ()
    """Unique keys that another live run holds: what had them was left as well."""

    def __add__(self, other: Effect) -> Effect:
        return Effect(
            applied=self.applied + other.applied,
            left=self.left + other.left,
            clashing=self.clashing + other.clashing,
        )


def perform(act: Act, ids: Collection[uuid.UUID], *, by: AbstractBaseUser | None) -> Effect:
    """Do it to each run that it applies to. One that it cannot be done to holds back no other."""
    wanted = set(ids)
    try:
        done = _perform_together(act, wanted, by=by, wait=False)
    except UniqueRunExists:
        done = set()
    clashing = []
    # Those that others have locked just now are waited for, one at a time, so that no two wait for
    # each other.
    for id_, key in _left(act, wanted - done):
        try:
            done |= _perform_together(act, {id_}, by=by, wait=True)
        except UniqueRunExists:
            clashing.append(key or "")
    left = len(wanted) - len(done) - len(clashing)
    return Effect(applied=len(done), left=left, clashing=tuple(clashing))


def meant(act: Act, matching: Matching) -> Iterator[list[uuid.UUID]]:
    """Yield the ids of the runs that match and that it applies to, a batch at a time, each once."""
    rows = _rows(act, matching).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    while ids:
        yield ids
        ids = list(rows.filter(pk__gt=ids[-1]).values_list("pk", flat=True)[:BATCH])


def count_meant(act: Act, matching: Matching, *, most: int) -> int:
    """Return how many match and it applies to; at most `most`."""
    return _rows(act, matching)[:most].count()


def count_named(act: Act, ids: Collection[uuid.UUID]) -> int:
    """Return to how many of these it applies."""
    return TaskRun.objects.filter(act.applies_to, pk__in=set(ids)).count()


def at_most(batches: Iterator[list[uuid.UUID]], most: int) -> Iterator[list[uuid.UUID]]:
    """Yield no more than so many ids in all."""
    for batch in batches:
        if most <= 0:
            return
        yield batch[:most]
        most -= len(batch)


def _rows(act: Act, matching: Matching) -> QuerySet[TaskRun]:
    statuses = matching.statuses or act.statuses
    return replace(matching, statuses=statuses).rows().filter(act.applies_to)


def _perform_together(
    act: Act, ids: Collection[uuid.UUID], *, by: AbstractBaseUser | None, wait: bool
) -> set[uuid.UUID]:
    """Do it to all in one transaction; return the ids of those that were not locked."""
    with transaction.atomic():
        rows = TaskRun.objects.filter(act.applies_to, pk__in=ids).order_by("pk")
        runs = list(
            rows.select_for_update(skip_locked=not wait, of=("self",)).only("id", "name", "status")
        )
        ids = {run.pk for run in runs}
        if act.apply(list(ids)) < len(ids):
            # A step of a workflow, for one, that cannot be retried without what was before it.
            ids -= set(rows.filter(pk__in=ids).values_list("pk", flat=True))
        audit.record([run for run in runs if run.pk in ids], act.entry, by=by, flag=act.flag)
        return ids


def _left(act: Act, ids: Collection[uuid.UUID]) -> list[tuple[uuid.UUID, str | None]]:
    if not ids:
        return []
    rows = TaskRun.objects.filter(act.applies_to, pk__in=ids).order_by("pk")
    return list(rows.values_list("pk", "unique_key"))


def _retry(ids: Collection[uuid.UUID]) -> int:
    retried = ledger.retry(ids)
    if retried:
        ledger.ring_after_commit(list(ids))
    return retried


def _promote(ids: Collection[uuid.UUID]) -> int:
    promoted = ledger.promote_now(ids)
    if promoted:
        ledger.ring_after_commit(list(ids))
    return promoted


_OPEN_GROUP = RunGroup.objects.filter(pk=OuterRef("group_id"), finished_at=None)
_ENDED_BADLY = Q(status__in=(RunStatus.FAILED, RunStatus.CANCELLED))

RETRY = Act(
    name="retry",
    apply=_retry,
    applies_to=_ENDED_BADLY,
    statuses=(RunStatus.FAILED,),
    entry=_("Retried."),
)
PROMOTE = Act(
    name="promote",
    apply=_promote,
    applies_to=Q(status=RunStatus.SCHEDULED),
    statuses=(RunStatus.SCHEDULED,),
    entry=_("Run before it was due."),
)
CANCEL = Act(
    name="cancel",
    apply=ledger.cancel,
    applies_to=Q(status__in=LIVE) & ~Q(status=RunStatus.RUNNING, cancel_requested=True),
    statuses=LIVE,
    entry=_("Cancelled, or asked to stop."),
)
DELETE = Act(
    name="delete",
    apply=ledger.delete,
    applies_to=_ENDED_BADLY & ~Q(Exists(_OPEN_GROUP)),
    statuses=(RunStatus.FAILED,),
    entry=_("Deleted."),
    flag=DELETION,
)
ACTS = {act.name: act for act in (RETRY, PROMOTE, CANCEL, DELETE)}
