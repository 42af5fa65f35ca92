"""The tasks that may run: those that installed apps declare, and no other.

A row names its task by a dotted path. The path is looked up here and never imported, so that
whoever
can write a row cannot choose what code is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.task import Task

_tasks: dict[str, Task[..., Any]] = {}


def add(task: Task[..., Any]) -> None:
    """Register a task under its dotted path. Variants made by `using()` do not replace it."""
    _tasks.setdefault(task.module_path, task)


def find(name: str) -> Task[..., Any] | None:
    """Return the task of that dotted path, or `None`."""
    return _tasks.get(name)


def names() -> list[str]:
    """Return the dotted paths of all registered tasks, sorted."""
    return sorted(_tasks)


def queues() -> set[str]:
    """Return the queues that registered tasks name."""
    return {task.queue_name for task in _tasks.values()}


def asynchronous() -> list[str]:
    """Return the dotted paths of the tasks whose function is `async def`."""
    return sorted(name for name, task in _tasks.items() if task.is_async)


def gated() -> frozenset[str]:
    """Return the dotted paths of the tasks that are limited in how they may start."""
    return frozenset(name for name, task in _tasks.items() if task.is_gated)
