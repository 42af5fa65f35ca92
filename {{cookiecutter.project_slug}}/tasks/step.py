"""A call that is not enqueued yet: one step of a workflow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.task import Task


@dataclass(frozen=True, slots=True)
class Step[R]:
    """What `task.s()` and `task.si()` return. Enqueued as part of a chain or a group."""

    task: Task[..., R]
    args: tuple[Any, ...] = field(repr=False)
    kwargs: dict[str, Any] = field(repr=False)
    takes_result: bool
    """The result of what comes before it becomes its first argument, if anything does."""
