"""Cells: the values of an export's rows, and how they are written."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum

type Cell = str | int | Decimal | datetime | None
type Row = list[Cell]
type Stored = str | int | None
"""A cell as JSON can hold it."""


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


def store(cell: Cell) -> Stored:
    """Return the cell as it is written: amounts with a point, moments as ISO 8601 in UTC."""
    match cell:
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return cell.astimezone(UTC).isoformat(timespec="seconds")
        case _:
            return cell
