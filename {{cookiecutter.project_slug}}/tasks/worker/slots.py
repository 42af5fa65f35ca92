"""A page of shared memory in which a worker process shows its supervisor what it is executing.

When the process dies, its supervisor knows which runs were really under way: those count a crash.
What the process had claimed and not started goes back as if nothing had happened. And a process
that computes in C and keeps the interpreter to itself is seen to be stuck.
"""

from __future__ import annotations

import mmap
import struct
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HEAD = struct.Struct("d")
CELL = struct.Struct("16sd")
NOBODY = bytes(16)
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a process shows. Times are those of the monotonic clock, which processes share."""

    beat_at: float
    """When its heart last beat; 0 before the first time."""
    ends_by: dict[uuid.UUID, float]
    """The runs that it executes, and when each has to be over at the latest."""

    def overdue(self, seconds: float) -> set[uuid.UUID]:
        """Return the runs that should have been over for so many seconds."""
        now = time.monotonic()
        return {run_id for run_id, end in self.ends_by.items() if end + seconds < now}


class Slots:
    """So many cells, each empty or a run and when it has to be over."""

    def __init__(self, memory: mmap.mmap, count: int) -> None:
        self._memory = memory
        self._free = list(range(count - 1, -1, -1))
        self._taken: dict[uuid.UUID, int] = {}

    @classmethod
    def open(cls, path: Path | None, count: int) -> Self:
        """Map the file that the supervisor made; without one, memory that nobody looks at."""
        size = HEAD.size + count * CELL.size
        if path is None:
            return cls(mmap.mmap(-1, size), count)
        with path.open("r+b") as file:
            file.truncate(size)
            return cls(mmap.mmap(file.fileno(), size), count)

    def beat(self) -> None:
        """Show that the process goes on."""
        HEAD.pack_into(self._memory, 0, time.monotonic())

    def enter(self, run_id: uuid.UUID, seconds: float | None) -> None:
        """Show that a run begins, which may take so long. With every cell taken it is not shown."""
        if not self._free:
            return
        cell = self._free.pop()
        self._taken[run_id] = cell
        end = NEVER if seconds is None else time.monotonic() + seconds
        CELL.pack_into(self._memory, HEAD.size + cell * CELL.size, run_id.bytes, end)

    def leave(self, run_id: uuid.UUID) -> None:
        """Show that a run has ended."""
        cell = self._taken.pop(run_id, None)
        if cell is not None:
            CELL.pack_into(self._memory, HEAD.size + cell * CELL.size, NOBODY, NEVER)
            self._free.append(cell)


def read(path: Path) -> Shown:
    """Return what is shown in a file of slots."""
    content = path.read_bytes()
    if len(content) < HEAD.size:
        return Shown(0.0, {})  # The process has not got so far yet.
    return Shown(HEAD.unpack_from(content)[0], dict(_cells(content)))


def _cells(content: bytes) -> Iterator[tuple[uuid.UUID, float]]:
    for start in range(HEAD.size, len(content) - CELL.size + 1, CELL.size):
        run_id, end = CELL.unpack_from(content, start)
        if run_id != NOBODY:
            yield uuid.UUID(bytes=run_id), end
