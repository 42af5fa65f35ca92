"""CSV (RFC 4180): the parts are pieces of the file, and the file is one after the other."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import IO

from exports.cells import Row, Stored, store
from exports.formats.base import Parts
from exports.tables import Table
from tasks.formulas import neutralised


class Delimited:
    """One table as CSV in UTF-8."""

    content_type = "text/csv; charset=utf-8"
    extension = "csv"

    def part(self, rows: Iterable[Row]) -> bytes:
        """Return the rows as lines of CSV."""
        return lines([store(cell) for cell in row] for row in rows)

    def assemble(self, tables: Iterable[Parts], file: IO[bytes], *, made_at: datetime) -> None:
        """Write a line with the columns' names, then the parts."""
        for parts in tables:
            file.write(head(parts.table))
            file.writelines(parts.contents)


def head(table: Table) -> bytes:
    """Return the line with the columns' names."""
    return lines([[column.name for column in table.columns]])


def lines(rows: Iterable[list[Stored]]) -> bytes:
    """Return rows as lines of CSV that no spreadsheet runs."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([neutralised(cell) for cell in row] for row in rows)
    return text.getvalue().encode()
