"""Writes what a body says of its run to its row, fenced like everything that is written there."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError, connection

from tasks import ledger
from tasks.context import Journal, Progress
from tasks.errors import TaskCancelled
from tasks.payload import dump_state
from tasks.reasons import GIVEN_AWAY

if TYPE_CHECKING:
    from tasks.worker.executing import Execution

logger = logging.getLogger("tasks")

WRITE_EVERY_SECONDS = 0.5


class RunJournal(Journal):
    """The journal of one attempt under way."""

    def __init__(self, execution: Execution) -> None:
        super().__init__(execution.claimed.state)
        self._execution = execution
        self._written_at = float("-inf")
        self._is_unwritten = False

    def note(self, progress: Progress) -> None:
        """Remember it; write it unless the last was written a moment ago."""
        super().note(progress)
        self._is_unwritten = True
        # Inside a transaction nobody would see it, and the row would be locked till its end.
        if not connection.in_atomic_block and self._is_time():
            self._write_progress()

    def store(self, state: Any) -> None:
        """Write it. Raises `ResultNotJSON`, and `TaskCancelled` when the claim is over."""
        claimed = self._execution.claimed
        text = dump_state(claimed.name, state)
        with self._shield():
            is_ours = ledger.write_notes(claimed.id, claimed.attempt, state=text)
        if not is_ours:
            self._stop()
            raise TaskCancelled(GIVEN_AWAY)
        self.state = text

    def close(self) -> None:
        """Write what is not yet written, now that the body has ended."""
        if not self._is_unwritten:
            return
        try:
            self._write_progress()
        except (DatabaseError, InterfaceError) as error:
            # How far it was matters less than how it ended, which is yet to be written.
            logger.warning("Run %s: its progress is lost: %s", self._execution.claimed.id, error)

    def _is_time(self) -> bool:
        return time.monotonic() - self._written_at >= WRITE_EVERY_SECONDS

    def _write_progress(self) -> None:
        claimed, progress = self._execution.claimed, self.progress
        if progress is None:
            return
        with self._shield():
            is_ours = ledger.write_notes(claimed.id, claimed.attempt, progress=progress.dump())
        self._written_at = time.monotonic()
        self._is_unwritten = False
        if not is_ours:
            self._stop()

    def _stop(self) -> None:
        self._execution.stop.requested = True

    def _shield(self) -> AbstractContextManager[None]:
        interrupt = self._execution.interrupt
        return nullcontext() if interrupt is None else interrupt.shield()
