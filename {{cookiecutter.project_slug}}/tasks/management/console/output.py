"""How results are printed: tables for people, JSON for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from io import StringIO
from typing import Any
from uuid import UUID

from django.core.management.base import OutputWrapper
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Where a table would be cut to pieces, each row is a block of lines.
NARROW = 80
NOTHING = "–"


class Output:
    """Writes to a terminal as it is wide, and plainly to anything else."""

    def __init__(self, stream: OutputWrapper, *, colour: bool, width: int | None = None) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._colour = colour and self._is_terminal
        self._width = width or shutil.get_terminal_size().columns

    def line(self, text: str) -> None:
        """Write one line."""
        self._stream.write(_printable(text))

    def table(self, columns: Sequence[str], rows: Iterable[Iterable[Any]], *, none: str) -> None:
        """Write a row for each; where there is none, say so."""
        cells = [[_cell(value) for value in row] for row in rows]
        if not cells:
            self.line(none)
        elif self._is_terminal and self._width < NARROW:
            self._blocks(columns, cells)
        else:
            self._grid(columns, cells)

    def pairs(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Write a line for each name and its value."""
        known = [(name, _cell(value)) for name, value in pairs]
        width = max(len(name) for name, _ in known)
        for name, cell in known:
            self.line(f"{name:<{width}}  {cell}")

    def json(self, value: Any) -> None:
        """Write JSON: fields by their names, times in ISO 8601."""
        self._stream.write(json.dumps(_fields(value), indent=2, default=_text_of))

    def _blocks(self, columns: Sequence[str], rows: list[list[str]]) -> None:
        for number, row in enumerate(rows):
            if number:
                self.line("")
            self.pairs(zip(columns, row, strict=True))

    def _grid(self, columns: Sequence[str], rows: list[list[str]]) -> None:
        table = Table(box=SIMPLE_HEAD if self._is_terminal else None, pad_edge=False)
        for column in columns:
            # An id is there to be copied: it stays in one piece.
            whole = column == "id" or not self._is_terminal
            table.add_column(column, overflow="fold", no_wrap=whole)
        for row in rows:
            table.add_row(*map(Text, row))
        # What goes into a file or a pipe is as wide as it is.
        width = self._width if self._is_terminal else sum(map(len, columns)) + _widest(rows)
        text = StringIO()
        Console(
            file=text, width=width, force_terminal=self._colour, no_color=not self._colour
        ).print(table)
        self._stream.write("\n".join(line.rstrip() for line in text.getvalue().splitlines()))


def _widest(rows: list[list[str]]) -> int:
    return sum(max(map(len, column)) + 2 for column in zip(*rows, strict=True))


def _cell(value: Any) -> str:
    match value:
        case None | "":
            return NOTHING
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
        case int():
            return f"{value:,}"
        case list() | dict():
            return _printable(json.dumps(value, ensure_ascii=False))
    return _printable(str(value))


def _printable(text: str) -> str:
    """Escape what would move the cursor: texts of others are shown here."""
    return "".join(
        each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text
    )


def _fields(value: Any) -> Any:
    if isinstance(value, list):
        return [_fields(each) for each in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _text_of(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{value!r} cannot be written as JSON")
