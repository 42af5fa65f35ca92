"""Many calls at once."""

from collections.abc import Iterable
from typing import Any, cast

from tasks.backend import Call, LedgerBackend
from tasks.results import RunResult
from tasks.task import Task


def enqueue_many(task: Task[..., Any], calls: Iterable[Call]) -> list[RunResult[..., Any]]:
    """Enqueue a task once for every `(args, kwargs)`: in bulk, in the caller's transaction.

    Returns the results in the order of the calls. Raises as `task.enqueue()` does; nothing is
    enqueued then.
    """
    return _backend(task).enqueue_many(task, calls)


async def aenqueue_many(task: Task[..., Any], calls: Iterable[Call]) -> list[RunResult[..., Any]]:
    """See `enqueue_many()`."""
    return await _backend(task).aenqueue_many(task, calls)


def _backend(task: Task[..., Any]) -> LedgerBackend:
    return cast(LedgerBackend, task.get_backend())
