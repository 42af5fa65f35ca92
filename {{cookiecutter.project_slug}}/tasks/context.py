"""What a task may know of its own run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.tasks.base import TaskContext

from tasks.errors import TaskCancelled

if TYPE_CHECKING:

    class _Base(TaskContext[..., Any]):
        """The base as the stubs know it."""
else:
    _Base = TaskContext


@dataclass(slots=True)
class Stop:
    """Whether a run should end early. Written by the worker, read by the body."""

    requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext(_Base):  # type: ignore[misc]  # the stubs do not say that the base is frozen
    """The first argument of a task declared with `takes_context=True`."""

    stop: Stop = field(default_factory=Stop, repr=False)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the run to stop, or its lease was lost. Look often, end soon."""
        return self.stop.requested

    def raise_if_cancelled(self) -> None:
        """Raise `TaskCancelled` when the run should end."""
        if self.stop.requested:
            raise TaskCancelled("The run was asked to stop.")
