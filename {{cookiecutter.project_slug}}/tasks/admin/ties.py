"""How a run is tied to others, as its page shows it: one query for most runs, at most five."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.tasks.exceptions import TaskResultDoesNotExist

from tasks.admin.words import short
from tasks.models import ScheduleTick, TaskRun
from tasks.origin import Origin
from tasks.workflows import GroupResult, Progress


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The run that must succeed first, or that enqueued this one."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Ties:
    """What a run waits for, and what waits for it."""

    before: Predecessor | None = None
    group_before: Progress | None = None
    group: Progress | None = None
    """The group that it is a member of."""
    parent: Predecessor | None = None
    """The run that enqueued it."""
    tick: ScheduleTick | None = None
    """The tick of the schedule that enqueued it."""

    @classmethod
    def of(cls, run: TaskRun) -> Ties:
        """Read them."""
        parent = _predecessor(_uuid(Origin.read(run.headers).parent))
        tick = ScheduleTick.objects.filter(run_id=run.pk).select_related("schedule").first()
        if run.workflow_id is None:
            return cls(parent=parent, tick=tick)
        return cls(
            parent=parent,
            tick=tick,
            before=_predecessor(run.after_run_id),
            group_before=_progress(run.after_group_id),
            group=_progress(run.group_id),
        )


def _predecessor(id_: uuid.UUID | None) -> Predecessor | None:
    if id_ is None:
        return None
    name = TaskRun.objects.filter(pk=id_).values_list("name", flat=True).first()
    return None if name is None else Predecessor(id_, short(name))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _progress(group_id: uuid.UUID | None) -> Progress | None:
    try:
        return None if group_id is None else GroupResult(str(group_id)).progress()
    except TaskResultDoesNotExist:
        return None
