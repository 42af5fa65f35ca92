"""A file of pairs: when a task was enqueued, and when its body began."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FILE = "BENCHMARK_STAMPS"


class Stamp(NamedTuple):
    """One task, in seconds since the epoch."""

    enqueued: float
    began: float


def note(enqueued_at: float) -> None:
    """Add a line: one write, which does not mix with that of another thread or process."""
    line = f"{enqueued_at!r} {time.time()!r}\n".encode()
    file = os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
    finally:
        os.close(file)


def read(file: Path) -> Iterator[Stamp]:
    """All that were noted."""
    for line in file.read_text("ascii").splitlines():
        enqueued, began = map(float, line.split())
        yield Stamp(enqueued, began)
