"""One worker process of the database engine.

main thread   claims runs, most urgent first, a little ahead of what its threads can take
task threads  run plain functions        event loop  runs `async def` functions
settler       writes outcomes, many at a time
heart         beats, listens for a ring, watches time limits and requests to stop
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, connections

from tasks import ledger
from tasks.engine import engine
from tasks.ledger import Claimed, Outcome, Pulse
from tasks.models import RunStatus, Worker
from tasks.worker.chores import bury, expire_runs, promote_due_runs, take_back_lost_runs
from tasks.worker.claiming import Claimer
from tasks.worker.demand import Demand
from tasks.worker.executing import Executing, Execution, Finished
from tasks.worker.heart import Heart
from tasks.worker.options import WorkerOptions
from tasks.worker.pool import LoopPool, ThreadPool
from tasks.worker.settler import Settler
from tasks.worker.slots import Slots
from tasks.worker.supervisor import SUSPECTS_SIGNAL
from tasks.worker.wakeup import lock_key_of, waiter_for

logger = logging.getLogger("tasks.worker")

LOOK_AGAIN_SECONDS = 0.025
"""After a ring, look once more: rings come at most every 20 ms a process."""
POLL_SECONDS = 1.0
HAND_BACK_AFTER_SECONDS = 0.25
CANCEL_SECONDS = 1.0
SETTLE_SECONDS = 5.0
EXIT_LOST = 70
NOTHING_TO_DO = Pulse(
    alive=True, ready=frozenset(), due=False, lost=False, suspects=frozenset(), gated=False
)


class WorkerProcess:
    """Claims, runs and settles until it is told to stop."""

    def __init__(self, options: WorkerOptions) -> None:
        self.options = options
        self.id = options.worker_id
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._pulse = NOTHING_TO_DO
        self._has_looked = False
        self._is_unsure = False
        self._is_rung = False
        self._executing = Executing()
        self._settler = Settler(self._written)
        slots = Slots.open(options.slots, options.threads + options.coroutines)
        self._threads = ThreadPool(options.threads, self._executing, slots, self._settler.put)
        self._loop = LoopPool(options.coroutines, self._executing, slots, self._settler.put)
        self._demand = Demand(self._threads, self._loop, solo=options.solo)
        self._claimer = Claimer(self.id, options, self._demand)
        self._heart = Heart(
            self.id,
            self._executing,
            waiter_for(self.id),
            on_turn=slots.beat,
            on_ring=self._on_ring,
            on_pulse=self._on_pulse,
            on_hopeless=self._leave_hopeless,
        )

    def run(self) -> None:
        """Work until a signal, or with `drain` until nothing is ready."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        self._register()
        self._settler.start()
        self._threads.start()
        self._loop.start()
        self._heart.start()
        self._claim_until_told()
        self._leave()

    def _register(self) -> None:
        worker = Worker(
            id=self.id,
            host=socket.gethostname(),
            pid=os.getpid(),
            engine=engine.name,
            queues=",".join(self.options.queues),
            threads=self.options.threads,
            lock_key=lock_key_of(self.id),
        )
        while not self._stopping.is_set():
            try:
                ledger.register_worker(worker)
            except IntegrityError:
                logger.info("Worker %s was entered before; only the answer was lost", worker)
                return
            except (DatabaseError, InterfaceError) as error:
                self._database_is_away(error)
            else:
                logger.info("Worker %s is ready (%d threads)", worker, self.options.threads)
                return

    def _claim_until_told(self) -> None:
        looks = 0
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._do_chores()
                # Taken before the claims: what comes during them is not in their answer.
                is_idle = self._has_looked and not self._demand.held
                catch = self._claimer.claim(is_idle=is_idle)
            except (DatabaseError, InterfaceError) as error:
                # Perhaps the claim was made and only its answer was lost.
                self._is_unsure = True
                self._database_is_away(error)
                continue
            if catch.is_full:
                continue
            if is_idle and not catch.count and self._has_drained():
                return
            looks = self._pause(looks)

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

    def _hand_back_what_waits_too_long(self) -> None:
        """All threads are busy with long tasks: others may take what only waits here."""
        waited = time.monotonic() - self._threads.started_at
        if waited > HAND_BACK_AFTER_SECONDS and self._threads.unstarted():
            self._threads.average_seconds = max(self._threads.average_seconds, waited)
            self._hand_back(self._threads.take_unstarted())

    def _hand_back_what_was_never_heard_of(self) -> None:
        """The table may say that this worker holds what a lost answer never told it of."""
        known = self._demand.held_ids()
        rows = ledger.held_runs(self.id)
        ledger.settle(
            [_unstarted(id_, row.attempt) for id_, row in rows.items() if id_ not in known]
        )

    def _hand_back(self, claims: Sequence[Claimed]) -> None:
        for claimed in claims:
            outcome = _unstarted(claimed.id, claimed.attempt)
            outcome.leads, outcome.group_id = claimed.leads, claimed.group_id
            self._settler.put(Finished(claimed, None, outcome))

    def _do_chores(self) -> None:
        self._check_threads()
        self._hand_back_what_waits_too_long()
        if self._is_unsure:
            self._hand_back_what_was_never_heard_of()
            self._is_unsure = False
        pulse, self._pulse = self._pulse, NOTHING_TO_DO
        if pulse.due:
            promote_due_runs()
            expire_runs()
        if pulse.lost:
            take_back_lost_runs()

    def _check_threads(self) -> None:
        if not (
            self._heart.is_beating() and self._settler.is_writing() and self._threads.are_alive()
        ):
            raise RuntimeError("A thread of this worker has died; see the log above.")

    def _on_ring(self) -> None:
        self._is_rung = True
        self._claimer.expect_more()
        self._wake.set()

    def _on_pulse(self, pulse: Pulse) -> None:
        if not pulse.alive:
            logger.error("This worker was declared lost; others have its runs. It leaves")
            self._exit(EXIT_LOST)
        supervisor = self.options.supervisor
        if supervisor is not None and supervisor != os.getppid():
            logger.warning("The supervisor is gone: this process leaves too")
            self._stopping.set()
        elif supervisor is not None and self._takes_from(pulse.suspects):
            os.kill(supervisor, SUSPECTS_SIGNAL)
        self._pulse = pulse
        self._claimer.learn(pulse)
        # The first look tells of queues that no task names: before it, "nothing" means little.
        is_first, self._has_looked = not self._has_looked, True
        if is_first or pulse.ready or pulse.due or pulse.lost or pulse.gated:
            self._on_ring()

    def _takes_from(self, queues: frozenset[str]) -> bool:
        """Whether any of these queues is one of this worker's."""
        return bool(queues.intersection(self.options.queues) if self.options.queues else queues)

    def _written(self, batch: list[Finished]) -> None:
        self._demand.release([finished.claimed for finished in batch])
        self._claimer.made_room(batch)
        self._wake.set()

    def _database_is_away(self, error: Exception) -> None:
        logger.error("The database is away, trying again: %s", error)
        connection.close()
        self._stopping.wait(POLL_SECONDS)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()
        self._wake.set()

    def _leave(self) -> None:
        """Finish what runs, hand back the rest, and sign off."""
        self._hand_back(self._threads.take_unstarted())
        if not self._demand.wait_until_idle(self.options.grace):
            unfinished = self._executing.all()
            logger.warning("%d runs did not finish in time: handed back", len(unfinished))
            for execution in unfinished:
                execution.handed_back = True
            self._hand_back([execution.claimed for execution in unfinished])
            self._loop.cancel_all(CANCEL_SECONDS)
        self._settler.close(SETTLE_SECONDS)
        self._heart.stop()
        try:
            ledger.retire_worker(self.id)
        except (DatabaseError, InterfaceError) as error:
            logger.error("Could not sign off, the lease will run out: %s", error)
        connections.close_all()
        logger.info("Worker stopped")
        # Not a plain return: a body that did not finish in time must not go on.
        self._exit(0)

    def _leave_hopeless(self, hopeless: list[Execution]) -> None:
        """End the process: nothing else ends a body that computes in C. Its other runs go back."""
        names = ", ".join(execution.claimed.name for execution in hopeless)
        logger.error("Past its time limit and beyond reach: %s. This process ends", names)
        reason = "It ran past its time limit and could not be interrupted: its process was ended."
        bury(self.id, {execution.claimed.id for execution in hopeless}, reason=reason)
        self._exit(EXIT_LOST)

    def _exit(self, code: int) -> NoReturn:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)


def _unstarted(id_: uuid.UUID, attempt: int) -> Outcome:
    """Return what gives a claim back as if it had never been made."""
    return Outcome(id=id_, attempt=attempt, status=RunStatus.READY, delay=0.0, refund=1)
