"""What every format can do. All of it takes as much memory as one part, however many there are."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Protocol

from exports.cells import Row, Stored, store
from exports.tables import Table


@dataclass(frozen=True, slots=True)
class Parts:
    """A table and the contents of its parts, in order."""

    table: Table
    contents: Iterable[bytes]
    """Each is read when it is asked for; all of them can be asked for again."""


class Format(Protocol):
    """A way to write rows."""

    content_type: str
    extension: str

    def part(self, rows: Iterable[Row]) -> bytes:
        """Return a chunk of rows as its part holds them."""

    def assemble(self, tables: Iterable[Parts], file: IO[bytes], *, made_at: datetime) -> None:
        """Write the whole file. The same parts and the same moment are the same bytes."""


def dump_lines(rows: Iterable[Row]) -> bytes:
    """Return the rows as JSON, a line each."""
    return b"".join(
        json.dumps([store(cell) for cell in row], ensure_ascii=False).encode() + b"\n"
        for row in rows
    )


def load_lines(parts: Iterable[bytes]) -> Iterator[list[Stored]]:
    """Return the rows that `dump_lines` wrote."""
    for part in parts:
        # By line feeds alone: `splitlines` would cut at characters that JSON leaves as they are.
        for line in part.split(b"\n")[:-1]:
            yield json.loads(line)
