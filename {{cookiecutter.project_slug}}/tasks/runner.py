"""Runs one claimed row: its body, under its limits, to an outcome. Knows nothing of where it came
from."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import threading
import time
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.core.signals import setting_changed
from django.db import connections, transaction
from django.dispatch import receiver
from django.tasks import task_backends
from django.tasks.signals import task_finished, task_started

from tasks import ledger, registry
from tasks.conf import options
from tasks.context import RunContext, Stop
from tasks.errors import ResultNotJSON, TaskCancelled, TimeLimitExceeded, UnknownTask
from tasks.failure import Failure
from tasks.ledger import Claimed, Outcome
from tasks.models import RunStatus
from tasks.payload import dump_result
from tasks.results import STATUS, result_of_claim
from tasks.worker.executing import Executing, Execution, Finished
from tasks.worker.interrupt import Interrupt

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.tasks.backends.base import BaseTaskBackend

    from tasks.task import Task

logger = logging.getLogger("tasks")

UNKNOWN_TASK_DELAY = 30.0


class Refused(Exception):
    """The claim is over: the transaction of an atomic task must not commit."""


def run(claimed: Claimed, executing: Executing) -> Finished:
    """Run a claimed row whose task is a plain function, in this thread.

    An atomic task has written its outcome when this returns.
    """
    execution = begin(claimed)
    if isinstance(execution, Finished):
        return execution
    executing.enter(execution)
    _close_old_connections()
    try:
        if execution.task.atomic:
            return Finished(claimed, execution, _run_atomic(execution))
        return Finished(claimed, execution, succeed(execution, _call(execution)))
    except Refused:
        logger.warning("Run %s was given to another worker: this attempt is undone", claimed.id)
        return Finished(claimed)
    except BaseException as error:  # noqa: BLE001 - a body that calls sys.exit() ends its run only
        return Finished(claimed, execution, fail(execution, error))
    finally:
        executing.leave(execution)
        _close_old_connections()


async def run_async(claimed: Claimed, executing: Executing) -> Finished:
    """Run a claimed row whose task is `async def`, on the running event loop."""
    execution = begin(claimed)
    if isinstance(execution, Finished):
        return execution
    execution.cancel = _canceller()
    executing.enter(execution)
    try:
        return Finished(claimed, execution, succeed(execution, await _call_async(execution)))
    except asyncio.CancelledError as error:
        if execution.handed_back:
            raise
        # Cancelled by nobody here: what the body waited for was, which is an error like any other.
        asked = TaskCancelled("The run was asked to stop.") if execution.stop.requested else error
        return Finished(claimed, execution, fail(execution, asked))
    except BaseException as error:  # noqa: BLE001 - as above
        return Finished(claimed, execution, fail(execution, error))
    finally:
        executing.leave(execution)
        await sync_to_async(_close_old_connections)()


def begin(claimed: Claimed) -> Execution | Finished:
    """Note that an attempt begins, and tell who listens; or say at once why it cannot."""
    task = registry.find(claimed.name)
    if task is None:
        return Finished(claimed, None, _unknown(claimed))
    try:
        result = result_of_claim(claimed, task)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        return Finished(claimed, None, _unreadable(claimed, error))
    execution = Execution(claimed, task, result, Stop())
    if task.time_limit is not None:
        execution.interrupt = Interrupt(task.time_limit, options().time_limit_grace)
    task_started.send_robust(_backend_class(task.backend), task_result=result)
    return execution


def succeed(execution: Execution, value: Any) -> Outcome:
    """Return the outcome of a body that returned. Raises `ResultNotJSON`."""
    return Outcome(
        id=execution.claimed.id,
        attempt=execution.claimed.attempt,
        status=RunStatus.SUCCESSFUL,
        return_value=dump_result(execution.claimed.name, value),
    )


def fail(execution: Execution, error: BaseException) -> Outcome:
    """Return the outcome of a body that raised: another attempt later, or the end."""
    claimed, task = execution.claimed, execution.task
    seconds = time.monotonic() - execution.began
    failure = Failure.of(
        error,
        attempt=claimed.attempt,
        worker_id=claimed.worker_id,
        started_at=claimed.attempted_at,
        seconds=seconds,
    )
    status, delay = _verdict(execution, error)
    _log(claimed, task, status, delay, error)
    return Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        status=status,
        errors=failure.appended_to(claimed.errors),
        delay=delay,
    )


def announce_finish(execution: Execution, outcome: Outcome) -> None:
    """Tell who listens that a run has ended. Called after its outcome is written."""
    result = execution.result
    object.__setattr__(result, "status", STATUS[outcome.status])
    if outcome.return_value not in (None, "null"):
        object.__setattr__(result, "_return_value", json.loads(outcome.return_value or "null"))
    seconds = time.monotonic() - execution.began
    finished_at = execution.claimed.attempted_at + timedelta(seconds=seconds)
    object.__setattr__(result, "finished_at", finished_at)
    task_finished.send_robust(_backend_class(execution.task.backend), task_result=result)


@cache
def _backend_class(alias: str) -> type[BaseTaskBackend]:
    """Return the class that Django documents as the sender of a task's signals."""
    return type(task_backends[alias])


@receiver(setting_changed)
def _forget_backend_classes(*, setting: str, **_kwargs: object) -> None:
    if setting == "TASKS":
        _backend_class.cache_clear()


def _call(execution: Execution) -> Any:
    arguments = _positional(execution)
    kwargs = execution.result.kwargs
    if execution.interrupt is None:
        return execution.task.func(*arguments, **kwargs)
    try:
        return execution.interrupt.guard(execution.task.func, *arguments, **kwargs)
    except TimeLimitExceeded as late:
        # The interpreter raises the bare class in the other thread; say what it means.
        late.args = late.args or (_too_long(execution.interrupt.seconds),)
        raise


async def _call_async(execution: Execution) -> Any:
    body = execution.task.func(*_positional(execution), **execution.result.kwargs)
    limit = execution.task.time_limit
    scope = asyncio.timeout(limit)
    try:
        async with scope:
            return await body
    except TimeoutError as error:
        if scope.expired():
            raise TimeLimitExceeded(_too_long(limit or 0.0)) from error
        raise


def _too_long(limit: float) -> str:
    return f"The body ran for longer than its time limit of {limit:g} seconds."


def _canceller() -> Callable[[], object]:
    """Return what cancels the asyncio task that is running now, from any thread."""
    this, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert this is not None  # noqa: S101 - a coroutine that runs is run by a task
    return lambda: loop.call_soon_threadsafe(this.cancel)


def _positional(execution: Execution) -> list[Any]:
    if not execution.task.takes_context:
        return execution.result.args
    return [RunContext(task_result=execution.result, stop=execution.stop), *execution.result.args]


def _run_atomic(execution: Execution) -> Outcome:
    """Run the body and write its outcome in one transaction: both happen, or neither."""
    with transaction.atomic():
        outcome = succeed(execution, _call(execution))
        if ledger.settle([outcome]):
            raise Refused
    outcome.written = True
    return outcome


def _verdict(execution: Execution, error: BaseException) -> tuple[RunStatus, float | None]:
    """Return where a failed attempt leads, and in how many seconds."""
    claimed, task = execution.claimed, execution.task
    if isinstance(error, TaskCancelled) and execution.stop.requested:
        return RunStatus.CANCELLED, None
    if not _is_worth_another_attempt(task, error) or claimed.spent >= claimed.max_attempts:
        return RunStatus.FAILED, None
    return RunStatus.SCHEDULED, backoff(task, claimed.spent)


def _is_worth_another_attempt(task: Task[..., Any], error: BaseException) -> bool:
    # What a body returned will not become JSON by running it again.
    if isinstance(error, (ResultNotJSON, *task.give_up_on)):
        return False
    return not task.retry_on or isinstance(error, task.retry_on)


def backoff(task: Task[..., Any], spent: int) -> float:
    """Return the seconds before the next attempt: `backoff · 2^(spent - 1)`, at most `max_backoff`.

    Jitter takes up to half of it away, so that runs that failed together do not come back together.
    """
    base = options().backoff if task.backoff is None else task.backoff
    most = options().max_backoff if task.max_backoff is None else task.max_backoff
    # Beyond 2^60 the power only matters as "more than any limit".
    return float(min(most, base * 2.0 ** min(spent - 1, 60))) * random.uniform(0.5, 1.0)  # noqa: S311


def _unknown(claimed: Claimed) -> Outcome:
    """A task that this deploy does not declare: perhaps a newer one does, so it may wait a
    while."""
    waited = (claimed.attempted_at - claimed.started_at).total_seconds()
    grace = options().unknown_task_grace
    if waited < grace:
        logger.warning("Run %s is of unknown task %s: it waits", claimed.id, claimed.name)
        delay = min(UNKNOWN_TASK_DELAY, grace)
        return Outcome(
            id=claimed.id,
            attempt=claimed.attempt,
            status=RunStatus.SCHEDULED,
            delay=delay,
            refund=1,
        )
    error = UnknownTask(
        f"No installed app declares the task {claimed.name!r}. "
        "Is its module named `tasks` and its app in INSTALLED_APPS?"
    )
    return _hopeless(claimed, error)


def _unreadable(claimed: Claimed, error: Exception) -> Outcome:
    """The row was not written by this project: its arguments or its history are not what they
    should be."""
    return _hopeless(claimed, error, errors="[]")


def _hopeless(claimed: Claimed, error: Exception, *, errors: str | None = None) -> Outcome:
    failure = Failure.of(
        error,
        attempt=claimed.attempt,
        worker_id=claimed.worker_id,
        started_at=claimed.attempted_at,
    )
    logger.error("Run %s of %s cannot be run: %r", claimed.id, claimed.name, error)
    return Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        status=RunStatus.FAILED,
        errors=failure.appended_to(claimed.errors if errors is None else errors),
    )


def _log(
    claimed: Claimed,
    task: Task[..., Any],
    status: RunStatus,
    delay: float | None,
    error: BaseException,
) -> None:
    name, kind = task.module_path, type(error).__qualname__
    if delay is not None:
        logger.warning(
            "Run %s of %s: attempt %d of %d raised %s; the next one is in %.1f s",
            claimed.id,
            name,
            claimed.spent,
            claimed.max_attempts,
            kind,
            delay,
        )
    elif status == RunStatus.CANCELLED:
        logger.info("Run %s of %s stopped as it was asked to", claimed.id, name)
    else:
        logger.error("Run %s of %s failed for good", claimed.id, name, exc_info=error)


class _ThreadConnections(threading.local):
    """This thread's connections. Asking Django for them costs more than most tasks do."""

    def __init__(self) -> None:
        self.all = [connections[alias] for alias in connections]


_this_thread = _ThreadConnections()


def _close_old_connections() -> None:
    """Let go of connections that are broken or too old, as a web request does before and after."""
    for connection in _this_thread.all:
        # Inline, in a test, the body runs within the test's own transaction.
        if connection.connection is not None and not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
