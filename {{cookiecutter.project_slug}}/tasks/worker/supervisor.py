"""Keeps worker processes running: one that dies is replaced, and its siblings never notice."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from tasks.conf import options
from tasks.worker import slots
from tasks.worker.chores import bury

logger = logging.getLogger("tasks.worker")

LOOK_SECONDS = 0.1
KILL_AFTER_SECONDS = 10.0
"""So long after its grace a process that does not leave is killed."""
OVERDUE_SECONDS = 2.0
"""So long after a run's hard limit, a process that did not end itself for it is killed."""
SILENT_LEASES = 3
"""A process whose heart has stood still for so many leases is killed."""
SUSPECTS_SIGNAL = signal.SIGUSR1
"""A worker process tells its supervisor so that a run on its last life is ready."""
QUICK_DEATH_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 10.0


@dataclass(slots=True)
class Child:
    """One worker process."""

    process: subprocess.Popen[bytes]
    worker_id: uuid.UUID
    slots: Path
    started_at: float
    is_solo: bool = False


class Supervisor:
    """Starts worker processes and restarts what dies, until it is told to stop."""

    def __init__(self, processes: int, arguments: Sequence[str], *, grace: float) -> None:
        self._wanted = processes
        self._arguments = list(arguments)
        self._grace = grace
        self._stopping = threading.Event()
        self._quick_deaths = 0
        self._suspects_wait = False

    def run(self) -> int:
        """Return the exit code: 0 when every process left because it was told to or had drained."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(SUSPECTS_SIGNAL, self._on_suspects)
        with tempfile.TemporaryDirectory(prefix="worker-") as folder:
            children = [self._start(Path(folder)) for _ in range(self._wanted)]
            while children and not self._stopping.is_set():
                self._stopping.wait(LOOK_SECONDS)
                for child in children:
                    self._kill_if_stuck(child)
                children = self._replace_the_dead(children, Path(folder))
                children += self._solo_if_wanted(children, Path(folder))
            return self._stop(children)

    def _start(self, folder: Path, *, solo: bool = False) -> Child:
        worker_id = uuid.uuid4()
        path = folder / worker_id.hex
        path.touch(mode=0o600)
        command = [sys.executable, "-m", "django", "worker", *self._arguments]
        command += ["--skip-checks", "--worker-id", str(worker_id), "--slots", str(path)]
        command += ["--supervisor", str(os.getpid())]
        if solo:
            command += ["--solo", "--drain", "--threads", "1", "--coroutines", "1"]
        # A group of its own: Ctrl-C reaches the supervisor, which tells the processes once.
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, process_group=0)
        return Child(process, worker_id, path, time.monotonic(), is_solo=solo)

    def _solo_if_wanted(self, children: list[Child], folder: Path) -> list[Child]:
        """Start a process for runs on their last life, unless there is one."""
        if not self._suspects_wait or any(child.is_solo for child in children):
            return []
        self._suspects_wait = False
        logger.warning("Runs that were there when workers died are tried alone")
        return [self._start(folder, solo=True)]

    def _kill_if_stuck(self, child: Child) -> None:
        """End a process that cannot end itself: somebody in it keeps the interpreter for good."""
        if child.process.poll() is not None:
            return
        shown = slots.read(child.slots)
        silence = time.monotonic() - (shown.beat_at or time.monotonic())
        overdue = shown.overdue(OVERDUE_SECONDS)
        if overdue or silence > SILENT_LEASES * options().lease:
            logger.error("Worker process %d is stuck: it is killed", child.process.pid)
            child.process.kill()
            child.process.wait()

    def _replace_the_dead(self, children: list[Child], folder: Path) -> list[Child]:
        living = []
        for child in children:
            code = child.process.poll()
            if code is None:
                living.append(child)
            elif code == 0:
                child.slots.unlink(missing_ok=True)  # It had drained.
            elif not self._stopping.is_set():
                self._bury(child, code)
                if not child.is_solo:
                    self._pause(child)
                    living.append(self._start(folder))
        return living

    def _bury(self, child: Child, code: int) -> None:
        logger.error("Worker process %d ended with %s", child.process.pid, _cause(code))
        try:
            shown = slots.read(child.slots)
            # Those that ran past their limit are why. Without any, it may have been each of them.
            started = shown.overdue(0.0) or set(shown.ends_by)
            reason = f"Its worker process ended with {_cause(code)}."
            taken = bury(child.worker_id, started, reason=reason)
        except (DatabaseError, InterfaceError) as error:
            logger.error("Its runs go to others when its lease is over: %s", error)
        else:
            logger.warning("%d runs of it were given back", taken)
        finally:
            connections.close_all()
            child.slots.unlink(missing_ok=True)

    def _pause(self, child: Child) -> None:
        """A process that dies as soon as it starts is not restarted in a storm."""
        if time.monotonic() - child.started_at > QUICK_DEATH_SECONDS:
            self._quick_deaths = 0
            return
        self._quick_deaths += 1
        if self._quick_deaths > self._wanted:
            pause = min(0.5 * 2 ** (self._quick_deaths - self._wanted), LONGEST_PAUSE_SECONDS)
            self._stopping.wait(pause)

    def _stop(self, children: Sequence[Child]) -> int:
        for child in children:
            child.process.terminate()
        deadline = time.monotonic() + self._grace + KILL_AFTER_SECONDS
        codes = [self._wait(child, deadline) for child in children]
        # One that had not yet got so far as to listen for the signal had claimed nothing.
        return 0 if all(code in (0, -signal.SIGTERM) for code in codes) else 1

    def _wait(self, child: Child, deadline: float) -> int:
        try:
            return child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            code = child.process.wait()
            self._bury(child, code)
            return code

    def _on_suspects(self, _number: int, _frame: FrameType | None) -> None:
        self._suspects_wait = True

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()


def _cause(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
