"""No cell of an export is run by the spreadsheet that opens it."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.cells import Cell, store
from exports.formats import Delimited, Parts, Workbook
from exports.formats.base import dump_lines, load_lines
from exports.formats.workbook import CUT, MOST_CHARACTERS
from exports.tables import Orders
from exports.tests.test_building import sheet
from tasks.formulas import is_dangerous, neutralised

DAY = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "＝1", "-1;=2"]
)
def test_text_that_may_be_a_formula_is_shown_as_text(text: str) -> None:
    assert neutralised(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "'=1", " x", "12", "-12", "-12.50", "-0,5"])
def test_other_text_and_negative_numbers_stay_as_they_are(text: str) -> None:
    assert neutralised(text) == text


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (-5, -5),
        (Decimal("-12.50"), "-12.50"),
        (Decimal("1E+3"), "1000"),
        (DAY, "2026-11-21T12:00:00+00:00"),
        (None, None),
    ],
)
def test_numbers_and_moments_are_numbers_and_moments(cell: Cell, written: object) -> None:
    assert neutralised(store(cell)) == written


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.lists(TEXT, min_size=1, max_size=1)))
def test_any_text_is_read_back_as_it_was_written(rows: list[list[Cell]]) -> None:
    text = io.StringIO(Delimited().part(rows).decode(), newline="")

    read = [row or [""] for row in csv.reader(text)]

    assert [[_bare(cell) for cell in row] for row in read] == rows
    assert not any(is_dangerous(cell) for row in read for cell in row)
    assert list(load_lines([dump_lines(rows[:2]), dump_lines(rows[2:])])) == rows


def test_a_workbook_has_a_new_sheet_when_one_is_full() -> None:
    parts = Parts(Orders(), [dump_lines([row("a"), row("b"), row("c")]), dump_lines([row("d")])])
    file = io.BytesIO()

    Workbook(most_rows=2).assemble([parts], file, made_at=DAY)

    first, second = (sheet(file.getvalue(), number) for number in (1, 2))
    assert [cells[0] for cells in first] == ["order", "a", "b"]
    assert [cells[0] for cells in second] == ["order", "c", "d"]


class Stop(Exception):
    """As by who cancels an export."""


def test_a_workbook_that_is_stopped_is_not_written_to_its_end() -> None:
    def stopped() -> Iterator[bytes]:
        yield dump_lines([row("a")])
        raise Stop

    file = io.BytesIO()

    with pytest.raises(Stop):
        Workbook().assemble([Parts(Orders(), stopped())], file, made_at=DAY)

    assert file.getvalue() == b""


def test_text_that_excel_would_refuse_is_cut() -> None:
    file = io.BytesIO()

    Workbook().assemble([Parts(Orders(), [dump_lines([row("x" * 40_000)])])], file, made_at=DAY)

    cell = sheet(file.getvalue(), 1)[1][0]
    assert isinstance(cell, str)
    assert len(cell) == MOST_CHARACTERS
    assert cell.endswith(CUT)


def row(order: str) -> list[Cell]:
    """Return the cells of an order."""
    return [order, "a@example.com", "confirmed", Decimal("1.00"), "EUR", "1 x Mug", DAY, DAY]


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and is_dangerous(cell[1:]) else cell
