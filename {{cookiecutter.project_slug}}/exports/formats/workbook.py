"""XLSX: the parts hold rows as JSON, and the library writes them to its file as they come."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, cast

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from exports.cells import Kind, Row, Stored
from exports.formats.base import Parts, dump_lines, load_lines
from exports.tables import Table
from tasks.formulas import is_dangerous

# Excel's own limits: rows of a sheet without its head, and characters of a cell.
MOST_ROWS = 1_048_575
MOST_CHARACTERS = 32_767
CUT = "…"

OPTIONS = {
    # A row is written to a file when the next one begins.
    "constant_memory": True,
    # Text stays text.
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class Workbook:
    """A sheet a table, and another whenever Excel's rows are used up."""

    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    extension = "xlsx"

    def __init__(self, *, most_rows: int = MOST_ROWS) -> None:
        self._most_rows = most_rows

    def part(self, rows: Iterable[Row]) -> bytes:
        """Return the rows as lines of JSON."""
        return dump_lines(rows)

    def assemble(self, tables: Iterable[Parts], file: IO[bytes], *, made_at: datetime) -> None:
        """Write all sheets."""
        with _book(file, made_at) as book:
            pen = Pen(book)
            for parts in tables:
                self._write(pen, parts)

    def _write(self, pen: "Pen", parts: Parts) -> None:
        sheet = pen.sheet(parts.table, 1)
        for number, row in enumerate(load_lines(parts.contents)):
            sheets, line = divmod(number, self._most_rows)
            if sheets and line == 0:
                sheet = pen.sheet(parts.table, sheets + 1)
            pen.write(sheet, line + 1, parts.table, row)


class Pen:
    """Writes cells, each as what its column holds."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._head = book.add_format({"bold": True})
        # Excel's own mark for "this is text", which outlives the cell's being edited.
        self._quoted = book.add_format({"quote_prefix": True})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._amounts = [
            book.add_format({"num_format": form}) for form in ("0", "0.0", "0.00", "0.000")
        ]

    def sheet(self, table: Table, number: int) -> Worksheet:
        """Begin the sheet of that number of a table."""
        sheet = self._book.add_worksheet(table.name if number == 1 else f"{table.name} {number}")
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.columns) - 1, 22)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.name, self._head)
        return sheet

    def write(self, sheet: Worksheet, line: int, table: Table, row: list[Stored]) -> None:
        """Write a row; empty cells are left out."""
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            if cell is None:
                continue
            text = str(cell)
            match column.kind:
                case Kind.NUMBER:
                    sheet.write_number(line, place, int(text))
                case Kind.AMOUNT:
                    sheet.write_number(line, place, float(text), self._amount(text))
                case Kind.MOMENT:
                    moment = datetime.fromisoformat(text).replace(tzinfo=None)
                    sheet.write_datetime(line, place, moment, self._moment)
                case Kind.TEXT:
                    quoted = self._quoted if is_dangerous(text) else None
                    sheet.write_string(line, place, _fitting(text), quoted)

    def _amount(self, text: str) -> Format:
        return self._amounts[len(text.partition(".")[2])]


@contextmanager
def _book(file: IO[bytes], made_at: datetime) -> Iterator[xlsxwriter.Workbook]:
    # In a folder of its own: what is not finished leaves nothing behind.
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(file, {**OPTIONS, "tmpdir": folder})
        book.set_properties({"created": made_at})
        try:
            yield book
        except BaseException:
            # Without its end: what was cancelled would be written to it first.
            for sheet in book.worksheets():
                cast(IO[str], sheet.row_data_fh).close()
            raise
        book.close()


def _fitting(text: str) -> str:
    """Cut what Excel would refuse to open the file for."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[: MOST_CHARACTERS - len(CUT)] + CUT
