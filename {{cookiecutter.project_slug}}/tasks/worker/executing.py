"""The runs that this process is executing right now."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tasks.lines import Lines
from tasks.origin import Origin
from tasks.sensitive import secrets_of
from tasks.worker.interrupt import Interrupt

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.context import Stop
    from tasks.journal import RunJournal
    from tasks.ledger import Claimed, HeldRun, Outcome
    from tasks.results import RunResult
    from tasks.task import Task


@dataclass(slots=True)
class Execution:
    """One attempt under way."""

    claimed: Claimed
    task: Task[..., Any]
    result: RunResult[..., Any]
    stop: Stop
    began: float = field(default_factory=time.monotonic)
    interrupt: Interrupt | None = None
    """How its body is interrupted at its time limit; `None` when it has none."""
    cancel: Callable[[], object] | None = None
    """How an `async def` body is cancelled."""
    journal: RunJournal | None = None
    """What its body says of it; `None` when the body takes no context."""
    lines: Lines | None = None
    """What its body has logged; `None` until it logs something."""
    is_in_body: bool = False
    """What is logged now is the body's: it was called, and has neither returned nor raised."""
    _origin_of_children: Origin | None = None
    handed_back: bool = False
    """The worker leaves, and somebody else has the run: there is no outcome to report."""

    def tell_to_stop(self) -> None:
        """Let the body know that its run should end."""
        self.stop.requested = True
        if self.cancel is not None:
            self.cancel()

    def origin(self) -> Origin:
        """Return where the run comes from."""
        return Origin.read(self.claimed.headers)

    def origin_of_children(self) -> Origin:
        """Return where that comes from what its body enqueues."""
        if self._origin_of_children is None:
            self._origin_of_children = replace(self.origin(), parent=str(self.claimed.id))
        return self._origin_of_children

    def secrets(self) -> frozenset[str]:
        """Return the texts in its sensitive arguments."""
        return secrets_of(self.task, self.result.args, self.result.kwargs)

    def keep(self, record: logging.LogRecord) -> None:
        """Keep what the body has logged. Its handler's lock lets one thread in at a time."""
        if not self.claimed.has_row:
            return
        if self.lines is None:
            self.lines = Lines(self.secrets())
        self.lines.add(record, time.monotonic() - self.began)


@dataclass(slots=True)
class Finished:
    """A claim that this process has done with."""

    claimed: Claimed
    execution: Execution | None = None
    outcome: Outcome | None = None
    """What is to be written; `None` when the claim is over and there is nothing to write."""


class Executing:
    """A registry that many threads enter and leave; each operation is one of a dictionary's."""

    def __init__(self) -> None:
        self._executions: dict[uuid.UUID, Execution] = {}

    def __len__(self) -> int:
        return len(self._executions)

    def enter(self, execution: Execution) -> None:
        """Add an attempt that begins."""
        self._executions[execution.claimed.id] = execution

    def leave(self, execution: Execution) -> None:
        """Remove an attempt that ended."""
        self._executions.pop(execution.claimed.id, None)

    def holds(self, execution: Execution) -> bool:
        """Whether this very attempt is under way."""
        return self._executions.get(execution.claimed.id) is execution

    def all(self) -> list[Execution]:
        """Return those under way."""
        return list(self._executions.values())

    def older_than(self, seconds: float) -> list[Execution]:
        """Return those that have been under way for longer than so many seconds."""
        before = time.monotonic() - seconds
        return [execution for execution in self.all() if execution.began < before]

    def compare(
        self, executions: Collection[Execution], held: dict[uuid.UUID, HeldRun]
    ) -> list[Execution]:
        """Return those of `executions` that should stop: asked to, or given to another worker."""
        stopping = []
        for execution in executions:
            if not execution.claimed.has_row:
                continue
            row = held.get(execution.claimed.id)
            gone = row is None or row.attempt != execution.claimed.attempt
            if gone or (row is not None and row.cancel_requested):
                stopping.append(execution)
        return [execution for execution in stopping if self.holds(execution)]
