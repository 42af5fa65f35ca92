"""The database engine: a run that was committed wakes the workers through the database itself."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.core.checks import CheckMessage
from django.db import connection

if TYPE_CHECKING:
    from tasks.fleeting import Carry
    from tasks.ledger import NewRun
    from tasks.worker.options import WorkerOptions

CHANNEL = "tasks"

# A worker looks again 25 and 50 ms after a ring, so what happens until then needs none of its own.
RING_EVERY_SECONDS = 0.02
# For a process that enqueues faster than it may ring: each NOTIFY costs as much as enqueueing once.
RING_SELDOM_SECONDS = 0.045


class DatabaseEngine:
    """Wakes workers by NOTIFY on PostgreSQL; on SQLite they see every commit by themselves."""

    name = "database"
    needs_second_ring: bool = False
    """Whether a message may get lost. Here there is none: workers look into the table by
    themselves."""

    def __init__(self) -> None:
        self._rang_at = 0.0
        self._pause = RING_EVERY_SECONDS
        self.carry: Carry | None = None
        """How calls travel that need no row. Here there is no other way than a row."""

    def get_ready(self) -> None:
        """Be ready to ring, before a request has to wait for that. Nothing is to be done."""

    def ring(self, _ids: Sequence[uuid.UUID], _runs: Sequence[NewRun] = ()) -> None:
        """Wake the workers: these runs were committed. `_runs` are they, if the caller has them.

        Never called inside the caller's transaction: PostgreSQL lets transactions that NOTIFY
        commit one at a time, across the whole database.
        """
        if connection.vendor != "postgresql":
            return
        now = time.monotonic()
        if now - self._rang_at < self._pause:
            self._pause = RING_SELDOM_SECONDS
            return
        self._rang_at, self._pause = now, RING_EVERY_SECONDS
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")

    def backlog(self) -> Mapping[str, int] | None:
        """Return how many messages of each queue wait in the engine: it has none."""
        return None

    def check(self) -> list[CheckMessage]:
        """Report what is wrong with the settings: the database's own are checked elsewhere."""
        return []

    def work(self, options: WorkerOptions) -> None:
        """Be one worker process until told to stop."""
        # Not at the top: a web process enqueues and has no use for the worker's machinery.
        from tasks.worker.claimant import Claimant
        from tasks.worker.wakeup import waiter_for

        Claimant(options, waiter_for(options.worker_id)).run()


engine = DatabaseEngine()
