"""A workflow as rows: who waits for whom. Nothing is asked of the database here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from tasks.backend import new_run
from tasks.errors import InvalidTaskOption
from tasks.ids import uuid7
from tasks.ledger import NewRun, Ties
from tasks.models import RunGroup, RunStatus
from tasks.options import render_unique_key
from tasks.step import Step
from tasks.task import Task
from tasks.workflows.shapes import Chain, Group, Shape


@dataclass(frozen=True, slots=True)
class After:
    """What something waits for: a run or a group."""

    run: NewRun | None = None
    group: RunGroup | None = None
    regardless: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A place in a group."""

    group_id: uuid.UUID
    position: int


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step and its row."""

    step: Step[Any]
    run: NewRun

    @property
    def end(self) -> After:
        """What waits for this waits for its run."""
        return After(run=self.run)


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A group, its row, and what is planned of it."""

    group: RunGroup
    members: list[Planned]
    then: PlannedStep | None

    @property
    def end(self) -> After:
        """What waits for this waits for its callback, or for all members."""
        return After(group=self.group) if self.then is None else self.then.end


@dataclass(frozen=True, slots=True)
class PlannedChain:
    """A chain and what is planned of it."""

    steps: list[Planned]

    @property
    def end(self) -> After:
        """What waits for this waits for its last step."""
        return self.steps[-1].end


type Planned = PlannedStep | PlannedGroup | PlannedChain


@dataclass(slots=True)
class Plan:
    """The rows of one workflow."""

    id: uuid.UUID = field(default_factory=uuid7)
    steps: list[PlannedStep] = field(default_factory=list)
    groups: list[RunGroup] = field(default_factory=list)

    def add(
        self, shape: Shape, after: After | None = None, member: Member | None = None
    ) -> Planned:
        """Plan a shape that waits for `after` and is that member of a group."""
        if isinstance(shape, Step):
            return self.add_step(shape, after, member)
        if isinstance(shape, Chain):
            return self.add_chain(shape, after, member)
        return self.add_group(shape, after, member)

    def add_step(
        self, step: Step[Any], after: After | None = None, member: Member | None = None
    ) -> PlannedStep:
        """Plan a step."""
        ties = Ties(workflow_id=self.id)
        if member is not None:
            ties.group_id, ties.position = member.group_id, member.position
        takes_result = after is not None and step.takes_result
        run = new_run(_keyed(step) if takes_result else step.task, step.args, step.kwargs)
        run.workflow = ties
        if after is not None:
            run.status = RunStatus.WAITING
            ties.takes_result, ties.regardless = takes_result, after.regardless
            ties.after_run_id, ties.after_group_id = _ids(after)
            _lead(after)
        self.steps.append(PlannedStep(step, run))
        return self.steps[-1]

    def add_chain(
        self, chain: Chain, after: After | None = None, member: Member | None = None
    ) -> PlannedChain:
        """Plan a chain. Its last step is the member."""
        *others, last = chain.steps
        steps: list[Planned] = []
        for step in others:
            steps.append(self.add(step, after))
            after = steps[-1].end
        return PlannedChain([*steps, self.add(last, after, member)])

    def add_group(
        self, group: Group, after: After | None = None, member: Member | None = None
    ) -> PlannedGroup:
        """Plan a group. It is the member, or if it has a callback that is."""
        row = RunGroup(workflow_id=self.id, total=len(group.members))
        if after is not None:
            row.after_run_id, row.after_group_id = _ids(after)
            _lead(after)
        if member is not None and group.then is None:
            row.outer_id, row.position = member.group_id, member.position
        self.groups.append(row)
        members = [
            self.add(shape, after, Member(row.pk, position))
            for position, shape in enumerate(group.members)
        ]
        if group.then is None:
            return PlannedGroup(row, members, None)
        then = self.add_step(group.then, After(group=row, regardless=True), member)
        return PlannedGroup(row, members, then)


def _ids(after: After) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    run, group = after.run, after.group
    return None if run is None else run.id, None if group is None else group.pk


def _lead(after: After) -> None:
    if after.run is not None and after.run.workflow is not None:
        after.run.workflow.leads = True


class _Unknown:
    """Stands for the result of another step in a unique key, where it must not be."""

    def __init__(self, task: Task[..., Any]) -> None:
        self._task = task

    def _refuse(self, *_: object) -> str:
        raise InvalidTaskOption(
            f"Task {self._task.module_path}: its unique key would depend on the result of the step "
            "before it. Give the key: task.using(unique_key=…).s(…), or the arguments: task.si(…)."
        )

    __format__ = __str__ = __repr__ = __getattr__ = _refuse


def _keyed(step: Step[Any]) -> Task[..., Any]:
    """Return the task with the unique key of this call, whose first argument is not known yet."""
    task = step.task
    if task.unique is False or task.unique_key is not None:
        return task
    unknown = _Unknown(task)
    if task.unique is True:
        str(unknown)
    return task.using(unique_key=render_unique_key(task, (unknown, *step.args), step.kwargs))
