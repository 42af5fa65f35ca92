"""A page of shared memory in which a worker process shows what it is executing.

When the process dies, its supervisor knows which runs were really under way: those count a crash.
What the process had claimed and not started goes back as if nothing had happened.
"""

from __future__ import annotations

import mmap
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

WIDTH = 16
EMPTY = bytes(WIDTH)


class Slots:
    """So many cells, each empty or the id of a run."""

    def __init__(self, memory: mmap.mmap, count: int) -> None:
        self._memory = memory
        self._free = list(range(count - 1, -1, -1))
        self._taken: dict[uuid.UUID, int] = {}

    @classmethod
    def open(cls, path: Path | None, count: int) -> Self:
        """Map the file that the supervisor made; without one, memory that nobody looks at."""
        size = max(count, 1) * WIDTH
        if path is None:
            return cls(mmap.mmap(-1, size), count)
        with path.open("r+b") as file:
            file.truncate(size)
            return cls(mmap.mmap(file.fileno(), size), count)

    def enter(self, run_id: uuid.UUID) -> None:
        """Show that a run begins. With every cell taken it is not shown."""
        if not self._free:
            return
        cell = self._free.pop()
        self._taken[run_id] = cell
        self._memory[cell * WIDTH : (cell + 1) * WIDTH] = run_id.bytes

    def leave(self, run_id: uuid.UUID) -> None:
        """Show that a run has ended."""
        cell = self._taken.pop(run_id, None)
        if cell is not None:
            self._memory[cell * WIDTH : (cell + 1) * WIDTH] = EMPTY
            self._free.append(cell)


def read(path: Path) -> set[uuid.UUID]:
    """Return the runs that are shown in a file of slots."""
    return set(_ids(path.read_bytes()))


def _ids(content: bytes) -> Iterator[uuid.UUID]:
    for start in range(0, len(content), WIDTH):
        cell = content[start : start + WIDTH]
        if len(cell) == WIDTH and cell != EMPTY:
            yield uuid.UUID(bytes=cell)
