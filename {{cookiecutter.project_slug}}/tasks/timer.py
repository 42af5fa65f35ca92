"""What time brings: schedules are due, runs become ready or are lost, what ended is counted and one
day deleted.

Any number of timers may run. Workers look after due, expired and lost runs too; a timer does so
where no worker is awake, and it alone does the rest.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import connection

from tasks import ledger, schedules
from tasks.alerts.record import forget
from tasks.alerts.watch import WATCH_EVERY_SECONDS, watch
from tasks.conf import options
from tasks.engine import engine
from tasks.flag import Flag
from tasks.second_ring import SecondRing
from tasks.statistics.rollups import prune_rollups, roll_up
from tasks.worker.chores import expire_batch, promote_batch, take_back_batch

logger = logging.getLogger("tasks.timer")

PAUSE_SECONDS = 0.05
"""Between two batches, for others."""
OUTAGE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done again and again."""

    name: str
    do: Callable[[], object]
    """One batch, of a second at most. What it returns is true while there is more to do."""
    every: float
    """Seconds. Infinite: once, at the start."""


def jobs() -> list[Job]:
    """Return what a timer does, in this order."""
    sweep = options().sweep
    return [
        Job("declared schedules", schedules.sync, every=math.inf),
        Job("schedules that run at the start", schedules.tick_at_start, every=math.inf),
        Job("schedules", schedules.tick_due_schedules, every=1.0),
        Job("due runs", promote_batch, every=1.0),
        Job("expired runs", expire_batch, every=1.0),
        Job("lost runs", take_back_batch, every=sweep),
        Job("workflows", ledger.sweep_workflows, every=sweep),
        Job("second ring", SecondRing(engine).ring, every=sweep),
        Job("what ended", roll_up, every=5.0),
        Job("alerts", watch, every=WATCH_EVERY_SECONDS),
        Job("old runs", ledger.prune_runs, every=60.0),
        Job("old groups", ledger.prune_groups, every=60.0),
        Job("old ticks", ledger.prune_ticks, every=60.0),
        Job("old counts", prune_rollups, every=60.0),
        Job("old alerts", forget, every=60.0),
        Job("old workers", ledger.prune_workers, every=60.0),
    ]


class Timer:
    """A loop that is left as soon as `stop()` is called."""

    def __init__(self, todo: Iterable[Job] | None = None) -> None:
        now = time.monotonic()
        self._due = dict.fromkeys(jobs() if todo is None else todo, now)
        self._stopping = Flag()

    def stop(self) -> None:
        """Leave the loop; a batch that has begun is finished."""
        self._stopping.set()

    def run(self) -> None:
        """Do every job in its turn until stopped. An absent database is waited for."""
        logger.info("Timer is ready")
        while not self._stopping.is_set():
            try:
                self.turn()
            except ledger.AWAY as error:
                logger.error("The database is away, trying again: %s", error)
                ledger.outage.note()
                connection.close()
                self._stopping.wait(OUTAGE_SECONDS)
            else:
                self._stopping.wait(max(0.0, min(self._due.values()) - time.monotonic()))
        logger.info("Timer stopped")

    def turn(self) -> None:
        """Do the jobs that are due by now, the longest overdue first."""
        for job in sorted(self._due, key=self._due.__getitem__):
            if self._stopping.is_set():
                return
            if (due := self._due[job]) <= time.monotonic():
                # For the case that it fails. The others have their turn before it then.
                self._due[job] = time.monotonic() + OUTAGE_SECONDS
                self._do(job)
                self._due[job] = _next(due, job.every)

    def _do(self, job: Job) -> None:
        try:
            while job.do() and not self._stopping.wait(PAUSE_SECONDS):
                pass
            ledger.outage.note_answer()
        except ledger.AWAY:
            raise
        except Exception:
            # The other jobs go on.
            logger.exception("This failed and is tried again in its next turn: %s", job.name)


def _next(due: float, every: float) -> float:
    """By the clock: turns that were missed meanwhile are left out, the rhythm stays."""
    missed = (time.monotonic() - due) // every
    return due + (missed + 1) * every
