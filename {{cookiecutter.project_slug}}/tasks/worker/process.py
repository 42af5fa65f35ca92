"""What every worker process does, whatever engine wakes it.

main thread   what the engine needs: see the subclasses
settler       writes outcomes, many at a time
heart         beats, looks into the table, watches time limits and requests to stop
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import uuid
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, connections

from tasks import around, ledger
from tasks.engine import engine
from tasks.flag import Flag
from tasks.ledger import Claimed, Outcome, Pulse
from tasks.models import RunStatus, Wish, Worker
from tasks.reasons import BEYOND_REACH
from tasks.worker.birth import SUSPECTS_SIGNAL
from tasks.worker.chores import expire_runs, promote_due_runs, take_back_lost_runs
from tasks.worker.executing import Executing, Execution, Finished
from tasks.worker.heart import Heart, Waiter
from tasks.worker.liveness import lock_key_of
from tasks.worker.options import WorkerOptions
from tasks.worker.settler import Settler
from tasks.worker.slots import Slots

logger = logging.getLogger("tasks.worker")

POLL_SECONDS = 1.0
SETTLE_SECONDS = 5.0
EXIT_BROKEN = 1
EXIT_LOST = 70
NOTHING_TO_DO = Pulse(
    alive=True, ready=frozenset(), due=False, lost=False, suspects=frozenset(), gated=False
)


class WorkerProcess:
    """Signs on, works, and leaves in order. A subclass says what work is."""

    def __init__(self, options: WorkerOptions, waiter: Waiter) -> None:
        self.options = options
        self.id = options.worker_id
        self.stopping = Flag()
        self.executing = Executing()
        self.settler = Settler(self.written)
        self.slots = Slots.open(options.slots, options.threads + options.coroutines)
        self.is_quiet = False
        """People asked it to take nothing new."""
        self._pulse = NOTHING_TO_DO
        self.heart = Heart(
            self.id,
            self.executing,
            waiter,
            on_turn=self._on_turn,
            on_ring=self.rung,
            on_pulse=self._on_pulse,
            on_hopeless=self._leave_hopeless,
        )

    def start(self) -> None:
        """Start what runs tasks."""
        raise NotImplementedError

    def work(self) -> None:
        """Run tasks until `stopping` is set, or there are none left and the worker drains."""
        raise NotImplementedError

    def finish(self) -> None:
        """Let what runs come to its end, for the grace period; hand back what does not."""
        raise NotImplementedError

    def rung(self) -> None:
        """Somebody rang, or a look into the table found work."""

    def learn(self, pulse: Pulse) -> bool:
        """Take note of a look into the table; return whether that is as good as a ring."""
        return bool(pulse.ready or pulse.due or pulse.lost or pulse.gated)

    def written(self, batch: list[Finished]) -> None:
        """Take note of claims that are settled."""

    def run(self) -> None:
        """Work until a signal, or with `drain` until nothing is ready."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        try:
            self._register()
            self.settler.start()
            self.start()
            self.heart.start()
            self.work()
            self._leave()
        except Exception:
            logger.exception("This process cannot go on")
            # Not as it is: a thread that a body has left would keep a process that still beats.
            self._exit(EXIT_BROKEN)

    def do_chores(self) -> None:
        """Do for all what the last look has shown to be due."""
        if not (self.heart.is_beating() and self.settler.is_writing()):
            raise RuntimeError("A thread of this worker has died; see the log above.")
        pulse, self._pulse = self._pulse, NOTHING_TO_DO
        if pulse.due:
            promote_due_runs()
            expire_runs()
        if pulse.lost:
            take_back_lost_runs()

    def hand_back(self, claims: Sequence[Claimed]) -> None:
        """Give claims back as if they had never been made."""
        for claimed in claims:
            self.settler.put(Finished(claimed, None, unstarted(claimed)))

    def hand_back_unheard_of(self, known: set[uuid.UUID]) -> None:
        """Give back what the table says this worker holds, though a lost answer never told it."""
        outcomes = [
            Outcome(id=id_, attempt=row.attempt, status=RunStatus.READY, delay=0.0, refund=1)
            for id_, row in ledger.held_runs(self.id).items()
            if id_ not in known
        ]
        refused = ledger.settle(outcomes)
        # What rang for them has been answered: nothing was claimed, as far as anybody heard.
        if back := [outcome.id for outcome in outcomes if outcome.id not in refused]:
            engine.ring(back)

    def database_is_away(self, error: Exception) -> None:
        """Say so, and wait a moment."""
        logger.error("The database is away, trying again: %s", error)
        connection.close()
        self._leave_with_supervisor()
        self.stopping.wait(POLL_SECONDS)

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
        while not self.stopping.is_set():
            try:
                ledger.register_worker(worker)
            except IntegrityError:
                logger.info("Worker %s was entered before; only the answer was lost", worker)
                return
            except (DatabaseError, InterfaceError) as error:
                self.database_is_away(error)
            else:
                logger.info("Worker %s is ready (%d threads)", worker, self.options.threads)
                return

    def _on_turn(self) -> None:
        self.slots.beat()
        self._leave_with_supervisor()

    def _leave_with_supervisor(self) -> None:
        """Stop if the supervisor is gone, also while the database is: nobody else would say so."""
        supervisor = self.options.supervisor
        is_gone = supervisor is not None and supervisor != os.getppid()
        if is_gone and not self.stopping.is_set():
            logger.warning("The supervisor is gone: this process leaves too")
            self.stopping.set()
            self.rung()

    def _on_pulse(self, pulse: Pulse) -> None:
        if not pulse.alive:
            logger.error("This worker was declared lost; others have its runs. It leaves")
            self._exit(EXIT_LOST)
        self._leave_with_supervisor()
        self._heed(pulse.wish)
        supervisor = self.options.supervisor
        takes_suspects = not self.is_quiet and self._takes_from(pulse.suspects)
        if supervisor is not None and takes_suspects and not self.stopping.is_set():
            os.kill(supervisor, SUSPECTS_SIGNAL)
        self._pulse = pulse
        for execution in self.executing.all():
            if execution.lines is not None and execution.lines.waiting():
                self.settler.keep_lines(execution)
        if self.learn(pulse):
            self.rung()

    def _heed(self, wish: Wish) -> None:
        """Do what people ask of this worker."""
        if wish == Wish.STOP and not self.stopping.is_set():
            logger.info("Somebody asked this worker to stop")
            self.stopping.set()
            self.rung()
        is_quiet = wish != Wish.WORK
        if is_quiet != self.is_quiet:
            logger.info("Nothing new is taken" if is_quiet else "Work is taken again")
            self.is_quiet = is_quiet
            self.rung()

    def _takes_from(self, queues: frozenset[str]) -> bool:
        """Whether any of these queues is one of this worker's."""
        return bool(queues.intersection(self.options.queues) if self.options.queues else queues)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()
        self.rung()

    def _leave(self) -> None:
        """Finish what runs, hand back the rest, and sign off."""
        self.finish()
        self.settler.close(SETTLE_SECONDS)
        self.heart.stop()
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
        ledger.bury(self.id, {execution.claimed.id for execution in hopeless}, reason=BEYOND_REACH)
        self._exit(EXIT_LOST)

    def _exit(self, code: int) -> NoReturn:
        around.close()
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)


def unstarted(claimed: Claimed) -> Outcome:
    """Return what gives a claim back as if it had never been made."""
    return Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        status=RunStatus.READY,
        delay=0.0,
        refund=1,
        leads=claimed.leads,
        group_id=claimed.group_id,
    )
