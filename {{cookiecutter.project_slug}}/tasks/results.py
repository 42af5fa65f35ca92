"""A run as Django's `TaskResult`, with a way to wait for its end."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from django.db import connection
from django.tasks.base import TaskError, TaskResultStatus
from django.tasks.base import TaskResult as DjangoTaskResult
from django.tasks.exceptions import TaskResultDoesNotExist

from tasks.errors import WaitTimeout
from tasks.models import RunStatus, TaskRun

if TYPE_CHECKING:
    from tasks.ledger import Claimed, NewRun
    from tasks.task import Task

    class _Base[**P, R](DjangoTaskResult[P, R]):
        """The base as the stubs know it: generic."""
else:

    class _Base(DjangoTaskResult):
        """Django's class cannot be subscripted when the program runs; this one can."""

        __slots__ = ()

        def __class_getitem__(cls, _parameters: object) -> type:
            return cls


FIRST_LOOK = 0.005
LONGEST_PAUSE = 0.25

# Django knows four statuses; the row keeps the finer one.
STATUS: dict[str, TaskResultStatus] = {
    RunStatus.SCHEDULED: TaskResultStatus.READY,
    RunStatus.WAITING: TaskResultStatus.READY,
    RunStatus.READY: TaskResultStatus.READY,
    RunStatus.RUNNING: TaskResultStatus.RUNNING,
    RunStatus.SUCCESSFUL: TaskResultStatus.SUCCESSFUL,
    RunStatus.FAILED: TaskResultStatus.FAILED,
    RunStatus.CANCELLED: TaskResultStatus.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult[**P, R](_Base[P, R]):  # type: ignore[misc]  # the base is frozen; the stubs do not say so
    """What is known of a run. `refresh()` reads it again; `wait()` until it has ended."""

    def __repr__(self) -> str:
        """Without the arguments: some are nobody's business, and a log is read by many."""
        return f"<RunResult {self.id} of {self.task.module_path}: {self.status}>"

    def wait(self, timeout: float | None = None) -> Self:
        """Block until the run has ended, for at most `timeout` seconds; return this result.

        Raises `WaitTimeout` when it had not ended by then, and `RuntimeError` inside a transaction,
        where a run that it enqueued cannot start.
        """
        for pause in self._pauses(timeout):
            refuse_in_transaction()
            time.sleep(pause)
            self.refresh()
        return self

    async def wait_async(self, timeout: float | None = None) -> Self:  # noqa: ASYNC109
        """Do what `wait()` does, and leave the event loop to others meanwhile."""
        for pause in self._pauses(timeout):
            await asyncio.sleep(pause)
            await self.arefresh()
        return self

    def _pauses(self, timeout: float | None) -> Iterator[float]:
        if self.is_finished:
            return iter(())
        return pauses(
            lambda: self.is_finished,
            timeout,
            lambda: f"Run {self.id} of {self.task.module_path} is {self.status}",
        )


def pauses(
    is_over: Callable[[], bool], timeout: float | None, state: Callable[[], str]
) -> Iterator[float]:
    """Yield how long to pause before the next look; each is a little longer than the last.

    Raises `WaitTimeout`, with the `state` of things, after `timeout` seconds.
    """
    ends = None if timeout is None else time.monotonic() + timeout
    pause = FIRST_LOOK
    # One look at once: what is known may be old.
    yield 0.0
    while not is_over():
        if ends is not None and time.monotonic() >= ends:
            asked = "Is a worker running, and nothing paused?"
            raise WaitTimeout(f"{state()} after {timeout:g} seconds. {asked}")
        left = pause if ends is None else max(0.0, ends - time.monotonic())
        yield min(pause, left)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def result_of(run: TaskRun, task: Task[..., Any], backend: str) -> RunResult[..., Any]:
    """Return the row as a `RunResult`."""
    failures = run.failures
    worker_ids = [failure["worker_id"] for failure in failures]
    if run.worker_id is not None and (not failures or failures[-1]["attempt"] < run.attempt):
        worker_ids.append(str(run.worker_id))
    result: RunResult[..., Any] = RunResult(
        task=task,
        id=str(run.id),
        status=STATUS[run.status],
        enqueued_at=run.enqueued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        last_attempted_at=run.attempted_at,
        args=run.args,
        kwargs=run.kwargs,
        backend=backend,
        errors=_errors(failures) + _cancellation(run),
        worker_ids=worker_ids,
    )
    object.__setattr__(result, "_return_value", run.result)
    return result


def result_of_new(
    run: NewRun,
    task: Task[..., Any],
    backend: str,
    args: Sequence[Any],
    kwargs: dict[str, Any],
) -> RunResult[..., Any]:
    """Return a run that has just been inserted as a `RunResult`."""
    return RunResult(
        task=task,
        id=str(run.id),
        status=TaskResultStatus.READY,
        enqueued_at=run.enqueued_at,
        started_at=None,
        finished_at=None,
        last_attempted_at=None,
        args=list(args),
        kwargs=kwargs,
        backend=backend,
        errors=[],
        worker_ids=[],
    )


def result_of_claim(claimed: Claimed, task: Task[..., Any]) -> RunResult[..., Any]:
    """Return a run that has just been claimed as a `RunResult`."""
    arguments = json.loads(claimed.arguments)
    failures = [] if claimed.errors == "[]" else json.loads(claimed.errors)
    return RunResult(
        task=task,
        id=str(claimed.id),
        status=TaskResultStatus.RUNNING,
        enqueued_at=claimed.enqueued_at,
        started_at=claimed.started_at,
        finished_at=None,
        last_attempted_at=claimed.attempted_at,
        args=arguments["args"],
        kwargs=arguments["kwargs"],
        backend=task.backend,
        errors=_errors(failures),
        worker_ids=[*(failure["worker_id"] for failure in failures), str(claimed.worker_id)],
    )


def parse_id(text: object) -> uuid.UUID:
    """Return a run's id from what a caller gave. Raises `TaskResultDoesNotExist` when it cannot
    be one."""
    try:
        return uuid.UUID(str(text))
    except ValueError as error:
        raise TaskResultDoesNotExist(text) from error


def _errors(failures: list[dict[str, Any]]) -> list[TaskError]:
    return [
        TaskError(
            exception_class_path=failure["exception_class_path"], traceback=failure["traceback"]
        )
        for failure in failures
    ]


def _cancellation(run: TaskRun) -> list[TaskError]:
    """Django has no such status: a cancelled run shows as failed with `TaskCancelled`."""
    if run.status != RunStatus.CANCELLED:
        return []
    return [TaskError(exception_class_path="tasks.errors.TaskCancelled", traceback="")]


def refuse_in_transaction() -> None:
    """Raise `RuntimeError` where waiting could never end."""
    if connection.in_atomic_block:
        raise RuntimeError(
            "wait() was called inside a transaction. A run enqueued in it starts after the commit: "
            "leave the atomic block first."
        )
