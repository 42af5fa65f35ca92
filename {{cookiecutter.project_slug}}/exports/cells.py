"""Cells: the values of an export's rows, and what a spreadsheet must not make of them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum

type Cell = str | int | Decimal | datetime | None
type Row = list[Cell]
type Stored = str | int | None
"""A cell as JSON can hold it."""

# What a spreadsheet takes for the beginning of a formula, the wide forms of East Asian keyboards
# included (OWASP, "CSV Injection").
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NEGATIVE_NUMBER = re.compile(r"-\d+([.,]\d+)?", re.ASCII)


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    """A whole number."""
    AMOUNT = "amount"
    """A decimal number, such as a sum of money in units of its currency."""
    MOMENT = "moment"
    """A point in time, in UTC."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, the same in every format and language, and what it holds."""

    name: str
    kind: Kind = Kind.TEXT


def is_dangerous(text: str) -> bool:
    """Whether a spreadsheet might run the text as a formula. A negative number is only a number."""
    return text.startswith(DANGEROUS) and not NEGATIVE_NUMBER.fullmatch(text)


def neutralised(cell: Stored) -> Stored:
    """Return the cell with an apostrophe before what might be run: it is shown as text then.

    Only text can do harm: what is stored as a number is one.
    """
    return f"'{cell}" if isinstance(cell, str) and is_dangerous(cell) else cell


def store(cell: Cell) -> Stored:
    """Return the cell as it is written: amounts with a point, moments as ISO 8601 in UTC."""
    match cell:
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return cell.astimezone(UTC).isoformat(timespec="seconds")
        case _:
            return cell
