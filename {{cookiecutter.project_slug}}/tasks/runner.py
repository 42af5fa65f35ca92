"""Runs one claimed row: its body, under its limits. Knows nothing of where the row came from."""

from __future__ import annotations

import asyncio
import json
import logging
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

from tasks import around, ledger, registry, verdict
from tasks.conf import options
from tasks.context import RunContext, Stop
from tasks.current import current
from tasks.errors import TaskCancelled, TimeLimitExceeded
from tasks.failpoints import failpoint
from tasks.journal import RunJournal
from tasks.ledger import Claimed, Outcome
from tasks.reasons import ASKED_TO_STOP, TOO_LONG
from tasks.results import STATUS, result_of_claim
from tasks.worker.executing import Executing, Execution, Finished
from tasks.worker.interrupt import Interrupt

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.tasks.backends.base import BaseTaskBackend


logger = logging.getLogger("tasks")


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
    token = current.set(execution)
    _close_old_connections()
    try:
        with around.attempt(execution):
            return Finished(claimed, execution, _outcome(execution))
    finally:
        current.reset(token)
        executing.leave(execution)
        _close_old_connections()


async def run_async(claimed: Claimed, executing: Executing) -> Finished:
    """Run a claimed row whose task is `async def`, on the running event loop."""
    execution = begin(claimed)
    if isinstance(execution, Finished):
        return execution
    execution.cancel = _canceller(execution, executing)
    executing.enter(execution)
    token = current.set(execution)
    try:
        with around.attempt(execution):
            return Finished(claimed, execution, await _outcome_async(execution))
    finally:
        current.reset(token)
        executing.leave(execution)
        await sync_to_async(_close_old_connections)()


def begin(claimed: Claimed) -> Execution | Finished:
    """Note that an attempt begins, and tell who listens; or say at once why it cannot."""
    task = registry.find(claimed.name)
    if task is None:
        return Finished(claimed, None, verdict.unknown(claimed))
    try:
        result = result_of_claim(claimed, task)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        return Finished(claimed, None, verdict.unreadable(claimed, error))
    execution = Execution(claimed, task, result, Stop())
    if task.time_limit is not None:
        execution.interrupt = Interrupt(task.time_limit, options().time_limit_grace)
    # What receivers log is about this run; it is no line of its body, which begins later.
    token = current.set(execution)
    try:
        task_started.send_robust(_backend_class(task.backend), task_result=result)
    finally:
        current.reset(token)
    return execution


def announce_finish(execution: Execution, outcome: Outcome) -> None:
    """Tell who listens that a run has ended. Called after its outcome is written."""
    result = execution.result
    object.__setattr__(result, "status", STATUS[outcome.status])
    if outcome.return_value not in (None, "null"):
        object.__setattr__(result, "_return_value", json.loads(outcome.return_value or "null"))
    seconds = time.monotonic() - execution.began
    finished_at = execution.claimed.attempted_at + timedelta(seconds=seconds)
    object.__setattr__(result, "finished_at", finished_at)
    # What receivers log is about this run, though it is another thread that tells them.
    token = current.set(execution)
    try:
        task_finished.send_robust(_backend_class(execution.task.backend), task_result=result)
    finally:
        current.reset(token)


def _outcome(execution: Execution) -> Outcome | None:
    """Call the body; `None` when its claim was over before it ended."""
    try:
        if execution.task.atomic:
            return _run_atomic(execution)
        return verdict.succeed(execution, _call(execution))
    except Refused:
        id_ = execution.claimed.id
        logger.warning("Run %s was given to another worker: this attempt is undone", id_)
        return None
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a body ends its run only
        return verdict.fail(execution, error)


async def _outcome_async(execution: Execution) -> Outcome:
    try:
        return verdict.succeed(execution, await _call_async(execution))
    except asyncio.CancelledError as error:
        if execution.handed_back:
            raise
        # Cancelled by nobody here: what the body waited for was, which is an error like any other.
        asked = TaskCancelled(ASKED_TO_STOP) if execution.stop.requested else error
        return verdict.fail(execution, asked)
    except BaseException as error:  # noqa: BLE001 - as above
        return verdict.fail(execution, error)


@cache
def _backend_class(alias: str) -> type[BaseTaskBackend]:
    """Return the class that Django documents as the sender of a task's signals."""
    return type(task_backends[alias])


@receiver(setting_changed)
def _forget_backend_classes(*, setting: str, **_kwargs: object) -> None:
    if setting == "TASKS":
        _backend_class.cache_clear()


def _call(execution: Execution) -> Any:
    arguments, kwargs = _positional(execution), execution.result.kwargs
    execution.is_in_body = True
    try:
        if execution.interrupt is None:
            return execution.task.func(*arguments, **kwargs)
        return execution.interrupt.guard(execution.task.func, *arguments, **kwargs)
    except TimeLimitExceeded as late:
        # The interpreter raises the bare class in the other thread; say what it means.
        late.args = late.args or (_too_long(execution.task.time_limit),)
        raise
    finally:
        execution.is_in_body = False
        if execution.journal is not None:
            execution.journal.close()


async def _call_async(execution: Execution) -> Any:
    body = execution.task.func(*_positional(execution), **execution.result.kwargs)
    scope = asyncio.timeout(execution.task.time_limit)
    execution.is_in_body = True
    try:
        async with scope:
            return await body
    except TimeoutError as error:
        if scope.expired():
            raise TimeLimitExceeded(_too_long(execution.task.time_limit)) from error
        raise
    finally:
        execution.is_in_body = False
        if execution.journal is not None:
            await sync_to_async(execution.journal.close)()


def _too_long(limit: float | None) -> str:
    return TOO_LONG % {"limit": f"{limit or 0:g}"}


def _canceller(execution: Execution, executing: Executing) -> Callable[[], object]:
    """Return what cancels the asyncio task that is running now, from any thread."""
    this, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert this is not None  # noqa: S101 - a coroutine that runs is run by a task

    def cancel() -> None:
        # Its outcome would be lost, if it has one by now.
        if executing.holds(execution):
            this.cancel()

    return lambda: loop.call_soon_threadsafe(cancel)


def _positional(execution: Execution) -> list[Any]:
    if not execution.task.takes_context:
        return execution.result.args
    execution.journal = RunJournal(execution)
    context = RunContext(
        task_result=execution.result,
        stop=execution.stop,
        journal=execution.journal,
        headers=execution.claimed.headers,
    )
    return [context, *execution.result.args]


def _run_atomic(execution: Execution) -> Outcome:
    """Run the body and write its outcome in one transaction: both happen, or neither."""
    with transaction.atomic():
        outcome = verdict.succeed(execution, _call(execution))
        if ledger.settle([outcome]):
            raise Refused
        failpoint("atomic run: outcome written, not committed")
    failpoint("atomic run: outcome written")
    outcome.written = True
    return outcome


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
