"""A worker process that takes what it runs straight from the table.

main thread   claims runs, most urgent first, a little ahead of what its threads can take
task threads  run plain functions        event loop  runs `async def` functions
"""

from __future__ import annotations

import logging
import time

from django.db import DatabaseError, InterfaceError

from tasks.flag import Flag
from tasks.ledger import Pulse
from tasks.worker.claiming import Catch, Claimer
from tasks.worker.demand import Demand
from tasks.worker.executing import Finished
from tasks.worker.heart import Waiter
from tasks.worker.options import WorkerOptions
from tasks.worker.pool import LoopPool, ThreadPool
from tasks.worker.process import WorkerProcess

logger = logging.getLogger("tasks.worker")

LOOK_AGAIN_SECONDS = 0.025
"""After a ring, look twice more: a process that enqueues much rings every 45 ms only."""
HAND_BACK_AFTER_SECONDS = 0.25
CANCEL_SECONDS = 1.0


class Claimant(WorkerProcess):
    """Claims, runs and settles until it is told to stop."""

    def __init__(self, options: WorkerOptions, waiter: Waiter) -> None:
        super().__init__(options, waiter)
        self._wake = Flag()
        self._has_looked = False
        self._is_unsure = False
        self._is_rung = False
        done = self.settler.put
        self._threads = self.make_threads()
        self._loop = LoopPool(options.coroutines, self.executing, self.slots, done)
        self._demand = Demand(self._threads, self._loop, solo=options.solo)
        self._claimer = self.make_claimer(self._demand)

    def make_threads(self) -> ThreadPool:
        """Return where plain functions run."""
        done = self.settler.put
        return ThreadPool(self.options.threads, self.executing, self.slots, done)

    def make_claimer(self, demand: Demand) -> Claimer:
        """Return what asks the table."""
        return Claimer(self.id, self.options, demand)

    def claim(self, *, is_idle: bool) -> Catch:
        """Claim what there is room for, and begin it."""
        return self._claimer.claim(is_idle=is_idle)

    def give_back(self) -> None:
        """Leave to others what was claimed here and has not begun."""
        self.hand_back(self._threads.take_unstarted())

    def start(self) -> None:
        """Start the threads and the event loop."""
        self._threads.start()
        self._loop.start()

    def work(self) -> None:
        """Claim until told to stop."""
        looks = 0
        while not self.stopping.is_set():
            self._wake.clear()
            try:
                self._do_chores()
                # Taken before the claims: what comes during them is not in their answer.
                is_idle = self._has_looked and not self._demand.held
                catch = self._rest() if self.is_quiet else self.claim(is_idle=is_idle)
            except (DatabaseError, InterfaceError) as error:
                # Perhaps the claim was made and only its answer was lost.
                self._is_unsure = True
                self.database_is_away(error)
                continue
            if catch.is_full:
                continue
            if is_idle and not catch.count and self._has_drained():
                return
            looks = self._pause(looks)

    def finish(self) -> None:
        """Let what runs come to its end, and hand back the rest."""
        self.give_back()
        if self._demand.wait_until_idle(self.options.grace):
            return
        unfinished = self.executing.all()
        logger.warning("%d runs did not finish in time: handed back", len(unfinished))
        for execution in unfinished:
            execution.handed_back = True
            self.settler.keep_lines(execution)
        # What has no row was to be begun once.
        rows = [execution.claimed for execution in unfinished if execution.claimed.has_row]
        self.hand_back(rows)
        self._loop.cancel_all(CANCEL_SECONDS)

    def rung(self) -> None:
        """Look at once, and once more soon."""
        self._is_rung = True
        self._claimer.expect_more()
        self._wake.set()

    def learn(self, pulse: Pulse) -> bool:
        """Take note of what there is."""
        self._claimer.learn(pulse)
        # The first look tells of queues that no task names: before it, "nothing" means little.
        is_first, self._has_looked = not self._has_looked, True
        return is_first or super().learn(pulse)

    def written(self, batch: list[Finished]) -> None:
        """There is room again."""
        self._demand.release([finished.claimed for finished in batch])
        self._claimer.made_room(batch)
        self._wake.set()

    def _rest(self) -> Catch:
        self.give_back()
        return Catch()

    def _has_drained(self) -> bool:
        return self.options.drain and not self._claimer.waits_for_rate()

    def _pause(self, looks: int) -> int:
        """Wait until a claim makes sense; return how many quick looks may follow it.

        After a ring come two quick looks, for what was not rung for itself. Else the heart wakes
        this thread, at a ring or when its look by the clock found work, and the settler when there
        may be room again.
        """
        longest = LOOK_AGAIN_SECONDS if looks else HAND_BACK_AFTER_SECONDS
        while not self._wake.wait(self._claimer.patience(longest)):
            if looks:
                self._claimer.expect_more()
                return looks - 1
            if self._claimer.gates_are_due():
                return looks
            self._check_threads()
            self._hand_back_what_waits_too_long()
        if self._is_rung:
            self._is_rung = False
            return 2
        return looks

    def _do_chores(self) -> None:
        self._check_threads()
        self._hand_back_what_waits_too_long()
        if self._is_unsure:
            self.hand_back_unheard_of(self._demand.held_ids())
            self._is_unsure = False
        self.do_chores()

    def _hand_back_what_waits_too_long(self) -> None:
        """All threads are busy with long tasks: others may take what only waits here."""
        waited = time.monotonic() - self._threads.started_at
        if waited > HAND_BACK_AFTER_SECONDS and self._threads.unstarted():
            self._threads.average_seconds = max(self._threads.average_seconds, waited)
            self.hand_back(self._threads.take_unstarted())

    def _check_threads(self) -> None:
        if not self._threads.are_alive():
            raise RuntimeError("A thread of this worker has died; see the log above.")
