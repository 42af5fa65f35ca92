"""Many calls at once."""

from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async

from tasks.backend import Call, LedgerBackend
from tasks.results import RunResult
from tasks.task import Task


def enqueue_many(task: Task[..., Any], calls: Iterable[Call]) -> list[RunResult[..., Any]]:
    """Enqueue a task once for every `(args, kwargs)`: in bulk, in the caller's transaction.

    Returns the results in the order of the calls. Raises as `task.enqueue()` does; nothing is
    enqueued then.
    """
    backend = task.get_backend()
    if isinstance(backend, LedgerBackend):
        return backend.enqueue_many(task, calls)
    # One of Django's own, in a test: it knows single calls only.
    return [task.enqueue(*args, **kwargs) for args, kwargs in calls]


async def aenqueue_many(task: Task[..., Any], calls: Iterable[Call]) -> list[RunResult[..., Any]]:
    """See `enqueue_many()`."""
    return await sync_to_async(enqueue_many)(task, list(calls))
