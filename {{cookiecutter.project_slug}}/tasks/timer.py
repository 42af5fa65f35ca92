"""What time brings: due runs become ready, lost ones go to others, what ended is counted and, when
old, deleted.

Any number of timers may run. Workers do the first two for themselves; a timer does them where no
worker is awake, and it alone prunes.
"""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from tasks import ledger
from tasks.alerts.record import forget
from tasks.alerts.watch import WATCH_EVERY_SECONDS, watch
from tasks.conf import options
from tasks.rollups import prune_rollups, roll_up
from tasks.worker.chores import promote_due_runs, take_back_lost_runs

logger = logging.getLogger("tasks.timer")

DUE_EVERY_SECONDS = 1.0
ROLL_UP_EVERY_SECONDS = 5.0
PRUNE_EVERY_SECONDS = 60.0
PRUNE_PAUSE_SECONDS = 0.05


class Timer:
    """A loop that is left as soon as `stop()` is called."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._swept_at = float("-inf")
        self._rolled_up_at = float("-inf")
        self._watched_at = float("-inf")
        self._pruned_at = float("-inf")

    def stop(self) -> None:
        """Leave the loop; a batch that has begun is finished."""
        self._stopping.set()

    def run(self) -> None:
        """Turn once a second until stopped. An absent database is waited for."""
        logger.info("Timer is ready")
        while not self._stopping.is_set():
            try:
                self.turn()
            except (DatabaseError, InterfaceError) as error:
                logger.error("The database is away, trying again: %s", error)
                connection.close()
            self._stopping.wait(DUE_EVERY_SECONDS)
        logger.info("Timer stopped")

    def turn(self) -> None:
        """Do what is due by now."""
        promote_due_runs()
        now = time.monotonic()
        if now - self._swept_at >= options().sweep:
            self._swept_at = now
            take_back_lost_runs()
            ledger.sweep_workflows()
        if now - self._rolled_up_at >= ROLL_UP_EVERY_SECONDS:
            self._rolled_up_at = now
            roll_up()
        if now - self._watched_at >= WATCH_EVERY_SECONDS:
            self._watched_at = now
            watch()
        if now - self._pruned_at >= PRUNE_EVERY_SECONDS:
            self._pruned_at = now
            self.prune()

    def prune(self) -> int:
        """Delete old history batch by batch, with a pause for others between; return how many
        rows."""
        total = ledger.prune_workers() + forget()
        while (deleted := ledger.prune_runs() + prune_rollups()) and not self._stopping.is_set():
            total += deleted
            self._stopping.wait(PRUNE_PAUSE_SECONDS)
        return total + deleted
