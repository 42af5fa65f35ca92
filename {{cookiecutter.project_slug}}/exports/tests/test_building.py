"""An export holds what it should, whatever happens to the worker on the way."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.tests.factories import make_user
from demo import sandbox
from emails.models import Email
from exports import building, files
from exports.asking import cancel
from exports.kinds import ExportKind
from exports.models import Export
from exports.states import ExportState
from exports.tests.factories import make_export, make_orders, make_staff, run_of
from exports.tests.reference import HEAD, assert_exports_add_up, orders_as_csv
from orders.models import Order
from orders.tests.factories import make_order, make_product
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def content(export: Export) -> bytes:
    export.refresh_from_db()
    assert export.state == ExportState.READY
    return files.read(export.file)


def test_orders_are_written_in_parts_that_become_one_file() -> None:
    orders = make_orders(50)
    export = make_export(user=orders[0].user)

    run_due()

    written = content(export)
    assert written == orders_as_csv(Order.objects.all())
    assert [part.rows for part in export.parts.all()] == [20, 20, 10]
    assert export.sha256 == hashlib.sha256(written).hexdigest()
    assert_exports_add_up()


def test_an_export_of_nothing_has_a_head() -> None:
    export = make_export()

    run_due()

    assert content(export) == (",".join(HEAD) + "\r\n").encode()
    assert_exports_add_up()


def test_a_customer_gets_their_own_orders_and_staff_those_of_all() -> None:
    make_orders(3)
    mine = make_orders(2)
    own = make_export(user=mine[0].user)
    all_ = make_export(user=make_staff(), everyones=True)

    run_due()

    assert content(own) == orders_as_csv(Order.objects.filter(user=mine[0].user))
    assert content(all_) == orders_as_csv(Order.objects.all())


def test_orders_that_are_placed_meanwhile_are_not_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = make_orders(50)
    export = make_export(user=orders[0].user)
    reference = orders_as_csv(Order.objects.all())
    save_part = files.save_part

    def order_more(*args: Any, **kwargs: Any) -> str:
        make_orders(5, user=orders[0].user)
        return save_part(*args, **kwargs)

    monkeypatch.setattr(files, "save_part", order_more)
    run_due()

    assert content(export) == reference
    assert_exports_add_up()


def test_the_workbook_holds_numbers_as_numbers_and_text_as_text() -> None:
    mug = make_product(name='=HYPERLINK("http://example.com")', price=1250)
    order = make_order({mug: 2})
    export = make_export(ExportKind.ORDERS_XLSX, user=order.user)

    run_due()

    rows = sheet(content(export), 1)
    assert list(rows[0]) == HEAD
    values = dict(zip(HEAD, rows[1], strict=True))
    assert values["order"] == str(order.public_id)
    assert values["total"] == 25.0
    assert values["items"] == '2 x =HYPERLINK("http://example.com")'
    assert isinstance(values["placed_at"], float)
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(content(export))).read(
        "xl/worksheets/sheet1.xml"
    )
    assert_exports_add_up()


def test_a_users_data_is_a_zip_of_json_and_csv() -> None:
    user = make_user()
    orders = [make_order(user=user, token=token) for token in (sandbox.OK, sandbox.DECLINED)]
    make_order()
    run_due()
    export = make_export(ExportKind.MY_DATA, user=user)

    run_due()

    archive = zipfile.ZipFile(io.BytesIO(content(export)))
    assert archive.testzip() is None
    tables = ("account", "orders", "order_lines", "payments", "refunds")
    assert set(archive.namelist()) == {
        f"{name}.{form}" for name in tables for form in ("json", "csv")
    }
    [account] = json.loads(archive.read("account.json"))
    assert account["email"] == user.email
    told = json.loads(archive.read("orders.json"))
    assert [order["order"] for order in told] == [str(order.public_id) for order in orders]
    assert json.loads(archive.read("refunds.json")) == []
    for name in tables[:-1]:
        as_json = json.loads(archive.read(f"{name}.json"))
        text = io.StringIO(archive.read(f"{name}.csv").decode(), newline="")
        assert len(as_json) == len(list(csv.reader(text))) - 1 > 0
    assert_exports_add_up()


def test_the_owner_gets_one_mail_when_the_file_is_ready() -> None:
    export = make_export()

    run_due()

    mail = Email.objects.get(key=f"export-ready:{export.id}")
    assert mail.to == export.user.email
    assert f"/shop/exports/#export-{export.id}" in mail.text


class Killed(BaseException):
    """As sudden as SIGKILL: no handler of the program sees it."""


def dying_before(_function: Callable[..., Any]) -> Callable[..., Any]:
    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    return die


def dying_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def die(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        raise Killed

    return die


POINTS = [
    (building.STEPS, ExportState.WAITING),
    (files, "save_part"),
    (building, "_count"),
    (building, "_write"),
    (building.STEPS, ExportState.READING),
    (files, "read"),
    (files, "save_whole"),
    (building, "queue_mail"),
    (building.STEPS, ExportState.ASSEMBLING),
    (files, "delete_all"),
]


@pytest.mark.parametrize("kind", ExportKind)
@pytest.mark.parametrize("dying", [dying_before, dying_after])
@pytest.mark.parametrize(("place", "name"), POINTS)
def test_an_export_ends_the_same_wherever_its_worker_died(
    place: Any,
    name: str,
    dying: Callable[..., Any],
    kind: ExportKind,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = make_orders(50)
    export = make_export(kind, user=orders[0].user)
    with monkeypatch.context() as patch:
        if isinstance(place, dict):
            patch.setitem(place, name, dying(place[name]))
        else:
            patch.setattr(place, name, dying(getattr(place, name)))
        run_due()
    run_later()

    assert_exports_add_up()
    assert Email.objects.filter(key=f"export-ready:{export.id}").count() == 1
    again = Export.objects.get(pk=export.pk)
    assert content(export)
    assert again.rows == sum(part.rows for part in again.parts.all()) == again.total
    if kind is ExportKind.ORDERS_CSV:
        assert content(export) == orders_as_csv(Order.objects.all())


def test_the_same_parts_are_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = make_orders(30)
    for kind in ExportKind:
        export = make_export(kind, user=orders[0].user)
        written: list[bytes] = []
        save_whole = files.save_whole

        def assemble_twice(
            made: Export, file: Any, written: list[bytes] = written, save: Any = save_whole
        ) -> str:
            written.append(file.read())
            file.seek(0)
            if len(written) == 1:
                raise OSError("The disk is full.")
            name: str = save(made, file)
            return name

        with monkeypatch.context() as patch:
            patch.setattr(files, "save_whole", assemble_twice)
            run_due()
            run_later()

        assert written[0] == written[1] == content(export)


def test_progress_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = make_orders(90)
    export = make_export(user=orders[0].user)
    seen = [0]
    save_part = files.save_part

    def look(*args: Any, **kwargs: Any) -> str:
        export.refresh_from_db()
        seen.append(export.progress(export.updated_at).percent)
        if len(seen) == 4:
            raise OSError("The disk is away for a moment.")
        return save_part(*args, **kwargs)

    monkeypatch.setattr(files, "save_part", look)
    run_due()
    run_later()

    content(export)
    seen.append(export.progress(export.updated_at).percent)
    assert seen == sorted(seen)
    assert seen[-1] == 100
    assert len(set(seen)) > 3
    assert len(seen) == 1 + 5 + 1 + 1, "one chunk was written again, and no other"


@pytest.mark.parametrize("moment", ["save_part", "read", "save_whole"])
@pytest.mark.parametrize("kind", ExportKind)
def test_what_is_cancelled_leaves_no_files(
    moment: str, kind: ExportKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = make_orders(50)
    export = make_export(kind, user=orders[0].user)
    original = getattr(files, moment)

    def cancel_meanwhile(*args: Any, **kwargs: Any) -> Any:
        cancel(export, by=export.user)
        return original(*args, **kwargs)

    monkeypatch.setattr(files, moment, cancel_meanwhile)
    run_due()

    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert list(files.names(export)) == []
    assert not Email.objects.filter(key__startswith="export-ready").exists()
    assert_exports_add_up()


def test_an_export_that_has_not_begun_is_cancelled_at_once() -> None:
    export = make_export()

    assert cancel(export, by=export.user)
    run_due()

    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert run_of(export).get().status == RunStatus.CANCELLED
    assert not cancel(export, by=export.user)


def test_a_worker_that_lost_its_run_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = make_orders(50)
    export = make_export(user=orders[0].user)
    save_part = files.save_part

    def freeze(*args: Any, **kwargs: Any) -> str:
        """While this worker stands still, its run is given to another one, which finishes it."""
        monkeypatch.undo()
        run_of(export).update(status=RunStatus.READY)
        run_due()
        return save_part(*args, **kwargs)

    monkeypatch.setattr(files, "save_part", freeze)
    run_due()

    assert content(export) == orders_as_csv(Order.objects.all())
    assert [part.number for part in export.parts.all()] == [1, 2, 3]
    assert_exports_add_up()


def test_any_storage_will_do(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "exports": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    orders = make_orders(50)
    export = make_export(user=orders[0].user)

    run_due()

    assert content(export) == orders_as_csv(Order.objects.all())
    assert_exports_add_up()


def run_later() -> None:
    """Run what waits for its next attempt, too."""
    TaskRun.objects.filter(status=RunStatus.SCHEDULED).update(run_at=Now())
    run_due()


def sheet(content: bytes, number: int) -> list[list[str | float]]:
    """Return the cells of a sheet of an XLSX file."""
    xml = zipfile.ZipFile(io.BytesIO(content)).read(f"xl/worksheets/sheet{number}.xml")
    return [
        [_value(cell) for cell in row.iter(f"{SHEET}c")]
        for row in ET.fromstring(xml).iter(f"{SHEET}row")  # noqa: S314 - written by this test
    ]


def _value(cell: ET.Element) -> str | float:
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{SHEET}t"))
    return float(cell.findtext(f"{SHEET}v") or "nan")
