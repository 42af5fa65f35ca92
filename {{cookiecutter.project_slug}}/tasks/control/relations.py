"""What a run is tied to: neighbours in a workflow, its schedule, those that failed alike."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext

from tasks.control.reading import HEAVY, Run
from tasks.errors import UnknownRun
from tasks.models import FINAL, RunGroup, RunStatus, ScheduleTick, TaskRun
from tasks.origin import Origin

MOST = 100
"""So many runs of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group, and how far it is."""

    id: uuid.UUID
    total: int
    """Members: runs, chains and groups."""
    done: int
    """Runs of it that succeeded."""
    failed: int
    """Runs of it that ended otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A time at which a schedule was due."""

    schedule: str
    tick: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """What a run is tied to; at most `MOST` of each kind."""

    parent: Run | None
    """The run that enqueued it, as long as that is kept."""
    before: tuple[Run, ...]
    """What it waits for, or waited for: a run, or the members of a group."""
    after: tuple[Run, ...]
    """What waits for it."""
    members: tuple[Run, ...]
    """Those of its group, itself included, in order."""
    group: Group | None
    schedule: Tick | None
    same_failure: tuple[Run, ...]
    """Others that failed in the same way, newest first."""


def related(id_: uuid.UUID) -> Related:
    """Return what a run is tied to: up to eight queries. Raises `UnknownRun`."""
    run = TaskRun.objects.filter(pk=id_).first()
    if run is None:
        raise UnknownRun(
            gettext("There is no run %(id)s. It may be old and deleted.") % {"id": id_}
        )
    return Related(
        parent=_parent(run),
        before=_listed(_before(run).order_by("position", "pk")),
        after=_listed(_after(run).order_by("pk")),
        members=_listed(_members(run.group_id).order_by("position", "pk")),
        group=_group(run.group_id),
        schedule=_tick(run),
        same_failure=_listed(_alike(run).order_by("-finished_at")),
    )


def _parent(run: TaskRun) -> Run | None:
    try:
        id_ = uuid.UUID(Origin.read(run.headers).parent)
    except ValueError:
        # It has none, or somebody wrote the row by hand.
        return None
    row = TaskRun.objects.filter(pk=id_).defer(*HEAVY).first()
    return None if row is None else Run.of(row)


def _before(run: TaskRun) -> QuerySet[TaskRun]:
    if run.after_run_id is not None:
        return TaskRun.objects.filter(pk=run.after_run_id)
    return _members(run.after_group_id)


def _after(run: TaskRun) -> QuerySet[TaskRun]:
    if run.workflow_id is None:
        return TaskRun.objects.none()
    waiting = Q(after_run_id=run.pk)
    if run.group_id is not None:
        waiting |= Q(after_group_id=run.group_id)
    return TaskRun.objects.filter(waiting, workflow_id=run.workflow_id)


def _members(group_id: uuid.UUID | None) -> QuerySet[TaskRun]:
    if group_id is None:
        return TaskRun.objects.none()
    return TaskRun.objects.filter(group_id=group_id)


def _alike(run: TaskRun) -> QuerySet[TaskRun]:
    if run.status != RunStatus.FAILED or run.fingerprint is None:
        return TaskRun.objects.none()
    alike = TaskRun.objects.filter(status=RunStatus.FAILED, fingerprint=run.fingerprint)
    return alike.exclude(pk=run.pk)


def _group(group_id: uuid.UUID | None) -> Group | None:
    row = RunGroup.objects.filter(pk=group_id).first() if group_id is not None else None
    if row is None:
        return None
    succeeded = Q(status=RunStatus.SUCCESSFUL)
    counts = _members(row.pk).aggregate(
        done=Count("pk", filter=succeeded),
        failed=Count("pk", filter=Q(status__in=FINAL) & ~succeeded),
    )
    return Group(id=row.pk, total=row.total, **counts)


def _tick(run: TaskRun) -> Tick | None:
    found = ScheduleTick.objects.filter(run_id=run.pk).select_related("schedule").first()
    return None if found is None else Tick(schedule=found.schedule.name, tick=found.tick)


def _listed(rows: QuerySet[TaskRun]) -> tuple[Run, ...]:
    return tuple(Run.of(row) for row in rows.defer(*HEAVY)[:MOST])
