"""Keeps worker processes running: one that dies is replaced, and its siblings never notice.

They are forks of a process that has imported everything: one is there in an instant, and shares
with the others what it does not change. That process has no thread and no connection of its own.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import tempfile
import time
import uuid
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType

from django.db import DatabaseError, InterfaceError, connections

from tasks import ledger
from tasks.conf import options
from tasks.flag import Flag
from tasks.reasons import PROCESS_ENDED
from tasks.worker import slots
from tasks.worker.birth import BIRTHS, SIGNALS, SUSPECTS_SIGNAL, begin
from tasks.worker.options import WorkerOptions

logger = logging.getLogger("tasks.worker")

LOOK_SECONDS = 0.1
LEAVING_LOOK_SECONDS = 0.02
KILL_AFTER_SECONDS = 10.0
"""So long after its grace a process that does not leave is killed."""
OVERDUE_SECONDS = 2.0
"""So long after a run's hard limit, a process that did not end itself for it is killed."""
SILENT_LEASES = 3
"""A process whose heart has stood still for so many leases is killed."""
QUICK_DEATH_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 10.0


@dataclass(slots=True)
class Child:
    """One worker process."""

    process: BaseProcess
    worker_id: uuid.UUID
    slots: Path
    started_at: float
    is_solo: bool = False


class Supervisor:
    """Starts worker processes and restarts what dies, until it is told to stop."""

    def __init__(self, processes: int, options: WorkerOptions) -> None:
        self._wanted = processes
        self._options = options
        self._children: list[Child] = []
        self._stopping = Flag()
        self._missing = 0
        self._starts_again_at = 0.0
        self._quick_deaths = 0
        self._suspects_wait = False

    def run(self) -> int:
        """Return the exit code: 0 when every process left because it was told to or had drained."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(SUSPECTS_SIGNAL, self._on_suspects)
        leave_the_database()
        # What is there now stays, and stays shared: looking for garbage would write to all of it.
        gc.collect()
        gc.freeze()
        with tempfile.TemporaryDirectory(prefix="worker-") as folder:
            try:
                self._work(Path(folder))
            finally:
                code = self._stop()
            return code

    def _work(self, folder: Path) -> None:
        for _ in range(self._wanted):
            self._start(folder)
        while (self._children or self._missing) and not self._stopping.is_set():
            self._stopping.wait(LOOK_SECONDS)
            for child in self._children:
                self._kill_if_stuck(child)
            self._children = self._bury_the_dead()
            self._replace_if_wanted(folder)
            self._start_solo_if_wanted(folder)

    def _start(self, folder: Path, *, solo: bool = False) -> None:
        options = replace(self._options, worker_id=uuid.uuid4(), supervisor=os.getpid())
        if solo:
            options = replace(options, solo=True, drain=True, threads=1, coroutines=1)
        path = folder / options.worker_id.hex
        path.touch(mode=0o600)
        process = BIRTHS.Process(target=begin, args=(replace(options, slots=path),), name="worker")
        # What this process does about a signal is nothing that one of those should do.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self._children.append(
            Child(process, options.worker_id, path, time.monotonic(), is_solo=solo)
        )

    def _replace_if_wanted(self, folder: Path) -> None:
        """Start a process in place of one that died, unless they die as soon as they start."""
        if self._missing and time.monotonic() >= self._starts_again_at:
            self._missing -= 1
            self._put_off_the_next()
            self._start(folder)

    def _start_solo_if_wanted(self, folder: Path) -> None:
        """Start a process for runs on their last life, unless there is one."""
        if self._suspects_wait and not any(child.is_solo for child in self._children):
            self._suspects_wait = False
            logger.warning("Runs that were there when workers died are tried alone")
            self._start(folder, solo=True)

    def _kill_if_stuck(self, child: Child) -> None:
        """End a process that cannot end itself: somebody in it keeps the interpreter for good."""
        if child.process.exitcode is not None:
            return
        shown = slots.read(child.slots)
        silence = time.monotonic() - (shown.beat_at or time.monotonic())
        overdue = shown.overdue(OVERDUE_SECONDS)
        if overdue or silence > SILENT_LEASES * options().lease:
            logger.error("Worker process %d is stuck: it is killed", child.process.pid)
            child.process.kill()
            child.process.join()

    def _bury_the_dead(self) -> list[Child]:
        """Return those that live."""
        living = []
        for child in self._children:
            code = child.process.exitcode
            if code is None:
                living.append(child)
            elif code == 0:
                child.slots.unlink(missing_ok=True)  # It had drained.
            elif not self._stopping.is_set():
                self._bury(child, code)
                if not child.is_solo:
                    self._missing += 1
                    self._count_quick_death(child)
        return living

    def _bury(self, child: Child, code: int) -> None:
        logger.error("Worker process %d ended with %s", child.process.pid, _cause(code))
        try:
            shown = slots.read(child.slots)
            # Those that ran past their limit are why. Without any, it may have been each of them.
            started = shown.overdue(0.0) or set(shown.ends_by)
            reason = PROCESS_ENDED % {"cause": _cause(code)}
            taken = ledger.bury(child.worker_id, started, reason=reason)
        except (DatabaseError, InterfaceError) as error:
            logger.error("Its runs go to others when its lease is over: %s", error)
        else:
            logger.warning("%d runs of it were given back", taken)
        finally:
            leave_the_database()
            child.slots.unlink(missing_ok=True)

    def _count_quick_death(self, child: Child) -> None:
        if time.monotonic() - child.started_at > QUICK_DEATH_SECONDS:
            self._quick_deaths = 0
            self._starts_again_at = 0.0
        else:
            self._quick_deaths += 1
            self._put_off_the_next()

    def _put_off_the_next(self) -> None:
        """Processes that die as soon as they start are not restarted in a storm. Nobody sleeps
        meanwhile: who is told to stop, or sees another die, does something about it."""
        excess = self._quick_deaths - self._wanted
        if excess > 0:
            # Beyond 2^10 the power only matters as "more than the longest pause".
            pause = min(0.5 * 2 ** min(excess, 10), LONGEST_PAUSE_SECONDS)
            self._starts_again_at = time.monotonic() + pause

    def _stop(self) -> int:
        for child in self._children:
            child.process.terminate()
        deadline = time.monotonic() + self._options.grace + KILL_AFTER_SECONDS
        codes = [self._wait(child, deadline) for child in self._children]
        # One that had not yet got so far as to listen for the signal had claimed nothing.
        return 0 if all(code in (0, -signal.SIGTERM) for code in codes) else 1

    def _wait(self, child: Child, deadline: float) -> int:
        # Not by `join` with a time-out, which waits for what the process has started, too.
        while (code := child.process.exitcode) is None and time.monotonic() < deadline:
            time.sleep(LEAVING_LOOK_SECONDS)
        if code is None:
            child.process.kill()
            child.process.join()
            code = child.process.exitcode or -signal.SIGKILL
            self._bury(child, code)
        return code

    def _on_suspects(self, _number: int, _frame: FrameType | None) -> None:
        self._suspects_wait = True

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()


def leave_the_database() -> None:
    """Close each connection, and the threads of each pool: a fork can have neither."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if close_pool := getattr(connection, "close_pool", None):
            close_pool()


def _cause(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
