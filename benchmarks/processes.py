"""Processes of an engine: those that enqueue, and a worker with all that it starts."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Self

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


class Producer:
    """A process of `benchmarks.inside.produce`: it does an action when told to and answers."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, action: str, count: int = 0) -> float:
        """Do an action to its end; return what it answers."""
        self.start(action, count)
        return self.answer()

    def start(self, action: str, count: int = 0) -> None:
        """Begin an action."""
        pipe = _pipe(self._process.stdin)
        pipe.write(f"{action} {count}\n")
        pipe.flush()

    def answer(self) -> float:
        """What the action has brought: usually a rate.

        Raises RuntimeError when the process has failed, which says why on standard error, or had to
        be ended because it took too long.
        """
        limit = Timer(LIMIT_SECONDS, self._process.kill)
        limit.start()
        try:
            line = _pipe(self._process.stdout).readline()
        finally:
            limit.cancel()
        if not line:
            code = self._process.wait()
            raise RuntimeError(f"The process that enqueues has ended with {code}")
        return float(line)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("A process was started without pipes")
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
