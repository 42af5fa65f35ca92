"""What a task may know of its own run, and say about it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.tasks.base import TaskContext

from tasks.errors import TaskCancelled
from tasks.reasons import ASKED_TO_STOP

if TYPE_CHECKING:

    class _Base(TaskContext[..., Any]):
        """The base as the stubs know it."""
else:
    _Base = TaskContext

MAX_MESSAGE = 200


@dataclass(slots=True)
class Stop:
    """Whether a run should end early. Written by the worker, read by the body."""

    requested: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a body says it is."""

    done: int
    total: int | None = None
    """`None`: nobody knows yet."""
    message: str = ""
    """At most 200 characters."""

    def __post_init__(self) -> None:
        if self.done < 0 or (self.total is not None and self.total < 0):
            raise ValueError(f"Progress counts from 0 up, not {self.done} of {self.total}.")
        object.__setattr__(self, "message", self.message[:MAX_MESSAGE])

    @property
    def fraction(self) -> float | None:
        """From 0 to 1; `None` without a total."""
        return None if not self.total else min(1.0, self.done / self.total)

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))


class Journal:
    """What a body has said of its run. This one only remembers; a worker's writes it to the row."""

    def __init__(self, state: str | None = None) -> None:
        self.state = state
        self.progress: Progress | None = None

    def note(self, progress: Progress) -> None:
        """Take note of how far the body is."""
        self.progress = progress

    def store(self, state: Any) -> None:
        """Keep the state for the next attempt. Raises `TypeError` or `ValueError` if it is no
        JSON."""
        self.state = json.dumps(state, allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext(_Base):  # type: ignore[misc]  # the stubs do not say that the base is frozen
    """The first argument of a task declared with `takes_context=True`."""

    stop: Stop = field(default_factory=Stop, repr=False)
    journal: Journal = field(default_factory=Journal, repr=False)
    headers: str | None = field(default=None, repr=False)

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the run to stop, or its lease was lost. Look often, end soon."""
        return self.stop.requested

    def raise_if_cancelled(self) -> None:
        """Raise `TaskCancelled` when the run should end."""
        if self.stop.requested:
            raise TaskCancelled(ASKED_TO_STOP)

    @property
    def scheduled_at(self) -> datetime | None:
        """The tick of the schedule that this run is for, however late it runs; `None` without
        one."""
        headers: dict[str, str] = json.loads(self.headers or "{}")
        return datetime.fromisoformat(headers["tick"]) if "tick" in headers else None

    @property
    def state(self) -> Any:
        """What the last `checkpoint()` stored, in this attempt or an earlier one; else `None`."""
        return None if self.journal.state is None else json.loads(self.journal.state)

    def checkpoint(self, state: Any) -> None:
        """Store how far the work is: an attempt that follows a crash finds it in `state`.

        Within a transaction it stands or falls with it, and so with the effects that it describes.
        Raises `ResultNotJSON` when it is no JSON or too large, and `TaskCancelled` when the run
        has been given to another worker.
        """
        self.journal.store(state)

    async def acheckpoint(self, state: Any) -> None:
        """See `checkpoint()`."""
        await sync_to_async(self.checkpoint)(state)

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Tell people how far the work is. Written twice a second at most: call it often.

        Within a transaction it is shown after its end. Raises `ValueError` for negative numbers.
        """
        self.journal.note(Progress(done, total, message))

    async def aprogress(self, done: int, total: int | None = None, message: str = "") -> None:
        """See `progress()`."""
        await sync_to_async(self.progress)(done, total, message)
