"""Processes of an engine: one that ends by itself, and a worker with all that it starts."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

READY = "ready\n"
GRACE_SECONDS = 15.0
LIMIT_SECONDS = 300.0
"""So long an action may take, and a worker stand still."""
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
    """Run a command to its end. Raises RuntimeError with what it said when it fails."""
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stdout}{ran.stderr}")


class Call:
    """A process that says when it is ready, acts when it is told to, and answers a number."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._name = " ".join(command)
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def wait_until_ready(self) -> None:
        """Return once it is. Raises RuntimeError with what it said when it failed instead."""
        if self._pipe(self._process.stdout).readline() != READY:
            self._process.kill()
            raise RuntimeError(f"{self._name} failed:\n{self._process.communicate()[1]}")

    def start(self) -> None:
        """Tell it to act."""
        pipe = self._pipe(self._process.stdin)
        pipe.write("\n")
        pipe.flush()

    def answer(self) -> float:
        """The number; NaN when it has none. Raises RuntimeError when it failed, TimeoutError."""
        try:
            printed, said = self._process.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"{self._name} took over {LIMIT_SECONDS:.0f} seconds") from error
        if self._process.returncode:
            raise RuntimeError(f"{self._name} failed:\n{said}")
        value: float | None = json.loads(printed)
        return float("nan") if value is None else value

    def _pipe(self, pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise RuntimeError(f"{self._name} was started without pipes")
        return pipe


@contextmanager
def worker(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path
) -> Iterator["Session"]:
    """Start a worker in a session of its own; stop it, and whatever it has started, afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    session = Session(process.pid)
    try:
        yield session
    finally:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        session.kill()


class Session:
    """All processes that a worker consists of."""

    def __init__(self, leader: int) -> None:
        self._leader = leader

    def megabytes(self) -> float:
        """The memory that they hold, in MB."""
        return sum(map(_resident, self._members())) / 1e6

    def cpu_seconds(self) -> float:
        """The processor time that they have used so far, in seconds."""
        return sum(map(_used, self._members())) / TICKS

    def kill(self) -> None:
        """End what is left of it."""
        for pid in self._members():
            os.kill(pid, signal.SIGKILL)

    def _members(self) -> list[int]:
        numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in numbers if _session_of(pid) == self._leader]


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE
    except OSError:
        return 0


def _used(pid: int) -> int:
    try:
        # The name of the program, in parentheses, may itself hold spaces.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
