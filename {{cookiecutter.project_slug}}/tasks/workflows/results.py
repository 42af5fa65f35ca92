"""What is known of a chain or a group, and ways to wait for its end."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from asgiref.sync import sync_to_async
from django.db.models import Count, Q
from django.tasks.base import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist

from tasks import registry
from tasks.errors import UnknownTask
from tasks.models import FINAL, RunGroup, RunStatus, TaskRun
from tasks.results import RunResult, parse_id, pauses, refuse_in_transaction, result_of

type Result = RunResult[..., Any] | ChainResult | GroupResult
"""What is known of a step, a chain or a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a group is, in members."""

    done: int
    """Those that succeeded."""
    failed: int
    """Those that ended otherwise: failed, or cancelled."""
    total: int

    @property
    def is_finished(self) -> bool:
        """Whether every member has ended."""
        return self.done + self.failed >= self.total


@dataclass(frozen=True, slots=True)
class ChainResult:
    """The results of a chain's steps, in order."""

    steps: tuple[Result, ...]

    @property
    def last(self) -> RunResult[..., Any] | GroupResult:
        """The result whose end is the end of the chain."""
        last = self.steps[-1]
        if isinstance(last, ChainResult):
            return last.last
        return last.then if isinstance(last, GroupResult) and last.then is not None else last

    @property
    def is_finished(self) -> bool:
        """Whether the last step had ended when it was looked at."""
        return self.last.is_finished

    @property
    def return_value(self) -> Any:
        """What the last step returned. Raises `ValueError` unless it has succeeded."""
        return self.last.return_value

    def refresh(self) -> None:
        """Look again at every step."""
        for step in self.steps:
            step.refresh()

    def wait(self, timeout: float | None = None) -> Self:
        """Block until the chain has ended, for at most `timeout` seconds; return this result.

        It ends with its last step, which is cancelled when one before it fails. Raises
        `WaitTimeout`, and `RuntimeError` inside a transaction.
        """
        self.last.wait(timeout)
        self.refresh()
        return self

    async def wait_async(self, timeout: float | None = None) -> Self:  # noqa: ASYNC109
        """Do what `wait()` does, and leave the event loop to others meanwhile."""
        await self.last.wait_async(timeout)
        await sync_to_async(self.refresh)()
        return self


@dataclass(frozen=True, slots=True)
class GroupResult:
    """A group, by its id. Every question is one to the table."""

    id: str
    then: RunResult[..., Any] | None = None
    """The result of the callback; `None` when there is none."""

    @classmethod
    def get(cls, id_: str | uuid.UUID) -> GroupResult:
        """Return a group that was enqueued. Raises `TaskResultDoesNotExist`."""
        group = RunGroup.objects.filter(pk=parse_id(id_)).first()
        if group is None:
            raise TaskResultDoesNotExist(id_)
        then = TaskRun.objects.filter(
            workflow_id=group.workflow_id, after_group_id=group.pk, regardless=True
        ).first()
        return cls(str(group.pk), None if then is None else _result_of_run(then))

    @property
    def is_finished(self) -> bool:
        """Whether all members have ended; the callback is let go then, and may still run."""
        return RunGroup.objects.filter(pk=self.id).exclude(finished_at=None).exists()

    @property
    def return_value(self) -> list[Any]:
        """What the members returned, in order; `None` for those that did not succeed.

        Raises `ValueError` before all have ended.
        """
        if not self.is_finished:
            raise ValueError("Group has not finished yet")
        return [_value(result) for result in self.results()]

    def progress(self) -> Progress:
        """Count the members that have ended. Raises `TaskResultDoesNotExist`."""
        total = RunGroup.objects.filter(pk=self.id).values_list("total", flat=True).first()
        if total is None:
            raise TaskResultDoesNotExist(self.id)
        runs = TaskRun.objects.filter(group_id=self.id).aggregate(
            done=Count("pk", filter=Q(status=RunStatus.SUCCESSFUL)),
            ended=Count("pk", filter=Q(status__in=FINAL)),
        )
        groups = RunGroup.objects.filter(outer_id=self.id).aggregate(
            done=Count("pk", filter=Q(finished_at__isnull=False, failed=0)),
            ended=Count("pk", filter=Q(finished_at__isnull=False)),
        )
        done = runs["done"] + groups["done"]
        failed = runs["ended"] + groups["ended"] - done
        return Progress(done=done, failed=failed, total=total)

    def results(self) -> list[RunResult[..., Any] | GroupResult]:
        """Return the members' results, in order. Of a chain among them that is its last step's."""
        members: dict[int, RunResult[..., Any] | GroupResult] = {
            run.position or 0: _result_of_run(run)
            for run in TaskRun.objects.filter(group_id=self.id)
        }
        inner = RunGroup.objects.filter(outer_id=self.id).values_list("position", "pk")
        members |= {position or 0: GroupResult(str(id_)) for position, id_ in inner}
        return [members[position] for position in sorted(members)]

    def refresh(self) -> None:
        """Look again at the callback; all else is looked at when it is asked for."""
        if self.then is not None:
            self.then.refresh()

    def wait(self, timeout: float | None = None) -> Self:
        """Block until all members have ended, for at most `timeout` seconds; return this result.

        To wait for the callback: `group.then.wait()`. Raises `WaitTimeout`, and `RuntimeError`
        inside a transaction.
        """
        for pause in self._pauses(timeout):
            refuse_in_transaction()
            time.sleep(pause)
        return self

    async def wait_async(self, timeout: float | None = None) -> Self:  # noqa: ASYNC109
        """Do what `wait()` does, and leave the event loop to others meanwhile."""
        looks = self._pauses(timeout)
        while True:
            pause = await sync_to_async(_next)(looks)
            if pause is None:
                return self
            await asyncio.sleep(pause)

    def _pauses(self, timeout: float | None) -> Iterator[float]:
        return pauses(lambda: self.is_finished, timeout, self._state)

    def _state(self) -> str:
        progress = self.progress()
        ended = progress.done + progress.failed
        return f"Of group {self.id}, {ended} of {progress.total} members have ended"


def _next(pauses: Iterator[float]) -> float | None:
    return next(pauses, None)


def _value(result: RunResult[..., Any] | GroupResult) -> Any:
    if isinstance(result, GroupResult):
        return result.return_value
    return result.return_value if result.status == TaskResultStatus.SUCCESSFUL else None


def _result_of_run(run: TaskRun) -> RunResult[..., Any]:
    task = registry.find(run.name)
    if task is None:
        raise UnknownTask(
            f"Run {run.pk} is of task {run.name}, which no installed app declares any more."
        )
    return result_of(run, task, task.backend)
