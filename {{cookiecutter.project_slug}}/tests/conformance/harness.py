"""Starts workers and timers, waits for what they do, and ends whatever it started."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection

from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus

DEADLINE_SECONDS = 90.0
LOOK_SECONDS = 0.02
SELDOM_SECONDS = 0.1
APPLICATION = "started-by-a-test"
"""What PostgreSQL calls the sessions of the programs."""


def wait_until[T](
    look: Callable[[], T | None],
    what: str,
    *,
    seconds: float = DEADLINE_SECONDS,
    instead: Callable[[], object] = str,
) -> T:
    """Look until something true is seen, and return it.

    Raises `AssertionError` at the deadline, with what there is to be seen instead.
    """
    began = time.monotonic()
    while not (seen := look()):
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds:g} s: {what} {instead()}"
        # Ever more seldom: to look takes time from those that are waited for.
        time.sleep(min(max(LOOK_SECONDS, waited / 20), SELDOM_SECONDS))
    return seen


def wait_for_status(status: RunStatus, *ids: str, seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until all these runs are so."""
    runs = TaskRun.objects.filter(pk__in=ids)
    wait_until(
        lambda: runs.filter(status=status).count() == len(ids),
        f"{len(ids)} runs are {status}",
        seconds=seconds,
    )


def is_alive(pid: int) -> bool:
    """Whether the process lives; a zombie that nobody reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc/self").exists() and _answers(pid)
    return state.rpartition(")")[2].split()[0] != "Z"


class Program:
    """A `manage.py` command that runs, with all the processes it started: a session of its own."""

    def __init__(
        self,
        arguments: list[str],
        log: Path,
        options: Mapping[str, float],
        environment: Mapping[str, str],
    ) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=settings.BASE_DIR,
                env={
                    **os.environ,
                    "TEST_TASK_OPTIONS": json.dumps(dict(options)),
                    "PGAPPNAME": APPLICATION,
                    "PYTHONPATH": str(log.parent),
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pids(self) -> set[int]:
        """Every living process of the session."""
        return {pid for pid in _all_pids() if _session_of(pid) == self.process.pid}

    def workers(self) -> list[Worker]:
        """The living worker processes of this command that have signed on, oldest first."""
        alive = Worker.objects.filter(status=WorkerStatus.ALIVE).order_by("started_at")
        return [worker for worker in alive if _session_of(worker.pid) == self.process.pid]

    def wait_for_workers(self, count: int) -> list[Worker]:
        """Wait until so many have signed on."""
        return wait_until(
            lambda: workers if len(workers := self.workers()) == count else None,
            f"{count} workers signed on",
        )

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command itself, as a person or a process manager does."""
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """Kill every process at once, as the loss of a machine does."""
        # Stopped first, so that it cannot start another meanwhile.
        _signal(self.process.pid, signal.SIGSTOP)
        for pid in self.pids():
            _signal(pid, signal.SIGKILL)
        self.process.wait(10)

    def wait(self, seconds: float = DEADLINE_SECONDS) -> int:
        """Wait for the end, and return the exit code."""
        return self.process.wait(seconds)


class Programs:
    """Those that one test started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs: list[Program] = []

    def worker(
        self,
        *arguments: str,
        processes: int = 1,
        options: Mapping[str, float] | None = None,
        environment: Mapping[str, str] | None = None,
        signs_on: bool = True,
    ) -> Program:
        """Start `manage.py worker`; return when its processes have signed on."""
        program = self._start(
            *("worker", f"--processes={processes}", *arguments),
            options=options,
            environment=environment,
        )
        if signs_on:
            program.wait_for_workers(processes)
        return program

    def timer(
        self,
        options: Mapping[str, float] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Program:
        """Start `manage.py timer`."""
        return self._start("timer", options=options, environment=environment)

    def kill_all(self) -> None:
        """End what still runs."""
        for program in self._programs:
            if program.pids():
                program.kill()

    def logs(self) -> str:
        """What they all wrote."""
        return "\n".join(f"{one.log.name}:\n{one.log.read_text()}" for one in self._programs)

    def _start(
        self,
        *arguments: str,
        options: Mapping[str, float] | None,
        environment: Mapping[str, str] | None = None,
    ) -> Program:
        log = self._folder / f"{arguments[0]}-{len(self._programs)}.log"
        self._programs.append(Program(list(arguments), log, options or {}, environment or {}))
        return self._programs[-1]


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run a `manage.py` command to its end; return what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    ran = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{command} ended with {ran.returncode}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def freeze(worker: Worker) -> None:
    """Stop a worker process in its tracks, at a moment when it does not hold the write lock."""
    beats = Worker.objects.filter(pk=worker.pk).values_list("beat_at", flat=True)
    before = beats.get()
    wait_until(lambda: beats.get() != before, "the worker beat")
    os.kill(worker.pid, signal.SIGSTOP)


def thaw(worker: Worker) -> None:
    """Let a frozen one go on, unless its supervisor has killed it by now for standing still."""
    _signal(worker.pid, signal.SIGCONT)


def freeze_timer(program: Program) -> None:
    """Stop a timer in its tracks; on SQLite at a moment when it does not hold the write lock."""
    while True:
        os.kill(program.process.pid, signal.SIGSTOP)
        if connection.vendor != "sqlite" or _can_write():
            return
        os.kill(program.process.pid, signal.SIGCONT)
        time.sleep(LOOK_SECONDS)


def cut_connections() -> int:
    """End every session that the programs have with PostgreSQL; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [APPLICATION],
        )
        return int(cursor.fetchone()[0])


def _can_write() -> bool:
    """Whether the file is free; asked twice, for another timer may be at it."""
    for _ in range(2):
        other = sqlite3.connect(
            settings.DATABASES["default"]["NAME"], timeout=1, isolation_level=None
        )
        try:
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        except sqlite3.OperationalError:
            continue
        finally:
            other.close()
        return True
    return False


def _all_pids() -> list[int]:
    folder = Path("/proc")
    if folder.exists():
        return [int(entry.name) for entry in folder.iterdir() if entry.name.isdecimal()]
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    return [int(pid) for pid in listed.stdout.split()]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid) if is_alive(pid) else None
    except (ProcessLookupError, PermissionError):
        return None


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
