"""How a run is tied to others, as its page shows it: at most three queries, none for most runs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.tasks.exceptions import TaskResultDoesNotExist

from tasks.admin.words import short
from tasks.models import TaskRun
from tasks.workflows import GroupResult, Progress


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The run that must succeed first."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Ties:
    """What a run waits for, and what waits for it."""

    before: Predecessor | None = None
    group_before: Progress | None = None
    group: Progress | None = None
    """The group that it is a member of."""

    @classmethod
    def of(cls, run: TaskRun) -> Ties:
        """Read them."""
        if run.workflow_id is None:
            return cls()
        return cls(
            before=_predecessor(run.after_run_id),
            group_before=_progress(run.after_group_id),
            group=_progress(run.group_id),
        )


def _predecessor(id_: uuid.UUID | None) -> Predecessor | None:
    if id_ is None:
        return None
    name = TaskRun.objects.filter(pk=id_).values_list("name", flat=True).first()
    return None if name is None else Predecessor(id_, short(name))


def _progress(group_id: uuid.UUID | None) -> Progress | None:
    try:
        return None if group_id is None else GroupResult(str(group_id)).progress()
    except TaskResultDoesNotExist:
        return None
