"""Several `manage.py` programs in one terminal: started together, watched, stopped together."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self, cast

from demo.console import Console

GRACE = 10.0
"""Seconds that a program has to stop by itself before it is killed."""

ECHO = 0.5
"""Seconds in which a second signal is taken for the first one.

make and uv may pass on what the terminal has sent to all of us.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One command line of `manage.py`, with the name that stands before each line it writes."""

    name: str
    arguments: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    """Lines holding any of these are not shown: a page that polls would drown all others."""

    def shows(self, line: str) -> bool:
        """Whether a line that the program wrote is for people to read."""
        return bool(line) and not any(text in line for text in self.hidden)


@dataclass(frozen=True, slots=True)
class Exited:
    """A program ended without having been asked to."""

    program: Program
    code: int

    def __str__(self) -> str:
        how = f"by signal {-self.code}" if self.code < 0 else f"with exit code {self.code}"
        return f"The {self.program.name} process ended unexpectedly, {how}; see its lines above."


@dataclass(frozen=True, slots=True)
class Asked:
    """A person, or the system, asked us to stop."""

    signal: signal.Signals


type Event = Exited | Asked


class Processes:
    """Runs programs side by side; leaving the `with` block stops every one of them.

    Each has a process group of its own: a Ctrl-C in the terminal reaches only us, and we stop
    them in order, together with whatever they have started.
    """

    def __init__(
        self,
        console: Console,
        *,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        grace: float = GRACE,
    ) -> None:
        self._console = console
        self._directory = directory
        # Without a buffer, or a program's last words would be missing when it dies.
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._grace = grace
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._running: list[tuple[subprocess.Popen[str], threading.Thread]] = []
        self._stopping_since: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn Ctrl-C, SIGTERM and a closed terminal into events instead of exceptions.

        An exception could come between a program's start and our knowing of it.
        """
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping_since and time.monotonic() - self._stopping_since > ECHO:
            self._grace = 0.0
        self._events.put(Asked(signal.Signals(number)))

    def start(self, program: Program) -> None:
        """Start a program and show what it writes."""
        process = subprocess.Popen(
            [sys.executable, "-m", "demo.leash", *program.arguments],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.PIPE,  # never written to: see demo.leash
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        output = cast(IO[str], process.stdout)  # a pipe, as asked for above
        follower = threading.Thread(
            target=self._follow, args=(program, process, output), daemon=True
        )
        self._running.append((process, follower))
        follower.start()

    def _follow(self, program: Program, process: subprocess.Popen[str], output: IO[str]) -> None:
        with output as lines:
            for line in map(str.rstrip, lines):
                if program.shows(line):
                    self._console.line(program.name, line)
        code = process.wait()
        if self._stopping_since is None:
            self._events.put(Exited(program, code))

    def wait(self, timeout: float | None = None) -> Event | None:
        """The next reason to stop, or None when there was none within `timeout` seconds."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None

    def stop(self) -> None:
        """Ask all to stop, wait up to the grace time (or a second Ctrl-C), kill what is left."""
        self._stopping_since = since = time.monotonic()
        for process, _ in self._running:
            signal_group(process, signal.SIGTERM)
        while self._any_alive() and time.monotonic() - since < self._grace:
            self.wait(timeout=0.02)
        for process, follower in self._running:
            # Also when the first process is gone: the group may hold what it has left behind.
            signal_group(process, signal.SIGKILL)
            process.wait()
            follower.join(timeout=1.0)
            cast(IO[str], process.stdin).close()
        self._running.clear()

    def _any_alive(self) -> bool:
        return any(process.poll() is None for process, _ in self._running)


def signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to a process and to all that it started, if any of them is left."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):  # macOS refuses for a group of zombies
        return
