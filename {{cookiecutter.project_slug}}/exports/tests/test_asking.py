"""Who may have what, how much of it at once, and what becomes of exports that nobody ends."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from pytest_django import Settings

from accounts.tests.factories import make_user
from cleanup.cleaners import find
from cleanup.services import clean
from exports import files, lookout
from exports.asking import Asked, CannotExport, TooMany, ask, cancel
from exports.checks import check_storage
from exports.kinds import ExportKind
from exports.models import Export, ExportPart
from exports.states import MOVES, ExportState, IllegalMove
from exports.tasks import build_export, discard_files
from exports.tests.factories import make_export, make_orders, make_staff, run_of
from exports.tests.reference import assert_exports_add_up
from tasks.models import FINAL, RunStatus, TaskRun
from tasks.service import service
from tasks.testing import assert_enqueued, run_due
from tests.conformance.harness import wait_until

pytestmark = pytest.mark.django_db


def test_to_ask_again_is_to_get_the_one_on_its_way() -> None:
    first = make_export()

    again = ask(user=first.user, kind=ExportKind.ORDERS_CSV)

    assert again == Asked(export=first, is_new=False)
    assert TaskRun.objects.count() == 1
    assert_enqueued(build_export, str(first.pk))


def test_when_it_is_ready_to_ask_again_is_a_new_one() -> None:
    first = make_export()
    run_due()

    assert ask(user=first.user, kind=ExportKind.ORDERS_CSV).is_new


def test_a_user_has_two_at_once_at_most() -> None:
    user = make_user()
    make_export(ExportKind.ORDERS_CSV, user=user)
    make_export(ExportKind.ORDERS_XLSX, user=user)

    with pytest.raises(TooMany):
        make_export(ExportKind.MY_DATA, user=user)
    make_export(ExportKind.MY_DATA)

    assert Export.objects.count() == 3


def test_the_orders_of_all_are_for_those_who_may_see_them() -> None:
    with pytest.raises(CannotExport):
        make_export(everyones=True)
    with pytest.raises(CannotExport):
        make_export(ExportKind.MY_DATA, user=make_staff(), everyones=True)

    assert make_export(user=make_staff(), everyones=True).everyones


@pytest.mark.django_db(transaction=True)
def test_however_many_ask_at_once_two_are_made_and_each_once() -> None:
    user = make_user()

    def asked(kind: ExportKind) -> Asked | TooMany:
        try:
            return ask(user=user, kind=kind)
        except TooMany as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(asked, [*ExportKind] * 4))

    assert Export.objects.count() == TaskRun.objects.count() == 2
    assert sum(isinstance(answer, Asked) and answer.is_new for answer in answers) == 2
    assert sum(isinstance(answer, TooMany) for answer in answers) == 4


def test_an_export_moves_only_where_it_may() -> None:
    export = make_export()
    for state in set(ExportState) - MOVES[export.status]:
        with pytest.raises(IllegalMove):
            export.move(to=state)

    assert export.move(to=ExportState.READING)
    assert not export.move(to=ExportState.READING), "somebody else was first"


def failing(*_args: Any, **_kwargs: Any) -> str:
    raise OSError("The disk is full.")


def test_an_export_whose_run_failed_is_ended_and_its_files_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = make_orders(50)
    export = make_export(user=orders[0].user)
    TaskRun.objects.update(max_attempts=1)
    with monkeypatch.context() as patch:
        patch.setattr(files, "save_whole", failing)
        run_due()
    assert len(list(files.names(export))) == 3

    assert lookout.end_abandoned() == 1

    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert export.reason == "builtins.OSError: The disk is full."
    assert_exports_add_up()


def test_an_export_that_gets_ready_while_it_is_looked_at_keeps_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export = make_export(user=make_orders(3)[0].user)
    look = TaskRun.objects.in_bulk

    def build_first(ids: list[uuid.UUID]) -> dict[uuid.UUID, TaskRun]:
        looked.undo()
        run_due()
        return look(ids)

    with monkeypatch.context() as looked:
        looked.setattr(TaskRun.objects, "in_bulk", build_first)
        assert lookout.end_abandoned() == 0

    export.refresh_from_db()
    assert export.state == ExportState.READY
    assert list(files.names(export)) == [export.file]
    assert_exports_add_up()


def test_an_export_whose_run_somebody_cancelled_is_cancelled() -> None:
    export = make_export()
    assert export.run_id is not None
    service.cancel([export.run_id], by=None)

    assert lookout.end_abandoned() == 1

    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_who_cancels_and_the_worker_do_not_wait_for_each_other() -> None:
    owner = make_orders(400)[0].user

    def work() -> None:
        try:
            run_due()
        finally:
            connection.close()

    for _ in range(8):
        export = make_export(user=owner)
        with ThreadPoolExecutor(1) as pool:
            worker = pool.submit(work)
            wait_until(Export.objects.filter(pk=export.pk, rows__gt=0).exists, "it is at it")
            assert cancel(export, by=owner)
            worker.result(30)

        run = run_of(export).get()
        assert (run.failures, run.status in FINAL) == ([], True)
        assert list(files.names(export)) == []


def test_to_cancel_what_has_ended_leaves_its_run_alone() -> None:
    export = make_export()
    Export.objects.update(state=ExportState.FAILED)

    assert not cancel(export, by=export.user)

    assert run_of(export).get().status == RunStatus.READY
    assert TaskRun.objects.count() == 1


def test_an_export_on_its_way_is_left_alone() -> None:
    make_export()

    assert lookout.end_abandoned() == 0


def test_files_are_looked_for_until_the_worker_has_stopped() -> None:
    export = make_export()
    run_of(export).update(status=RunStatus.RUNNING)
    cancel(export, by=export.user)
    files.save_part(export, number=1, attempt=1, content=b"late")

    run_due()

    assert list(files.names(export)) == []
    run = TaskRun.objects.get(name=discard_files.module_path)
    assert run.status == RunStatus.SCHEDULED
    files.save_part(export, number=2, attempt=1, content=b"later still")
    run_of(export).update(status=RunStatus.CANCELLED)
    TaskRun.objects.filter(pk=run.pk).update(run_at=Now())
    run_due()
    assert list(files.names(export)) == []
    assert TaskRun.objects.get(pk=run.pk).status == RunStatus.SUCCESSFUL


def test_an_export_expires_with_its_file() -> None:
    old, new = make_export(), make_export()
    run_due()
    Export.objects.filter(pk=old.pk).update(expires_at=Now() - timedelta(seconds=1))
    cleaner = find("exports")

    assert clean(cleaner, between=lambda _count: None) == 1

    assert Export.objects.get(pk=old.pk).state == ExportState.EXPIRED
    assert Export.objects.get(pk=new.pk).state == ExportState.READY
    assert clean(cleaner, between=lambda _count: None) == 0
    assert_exports_add_up()


def test_the_row_of_an_export_without_a_file_goes_when_it_is_old() -> None:
    states = (ExportState.READY, ExportState.EXPIRED, ExportState.FAILED, ExportState.CANCELLED)
    for state in states:
        for updated_at in (Now(), Now() - timedelta(days=91)):
            export = make_export()
            ExportPart.objects.create(
                export=export, number=1, table="orders", last_key=1, rows=1, file="part"
            )
            Export.objects.filter(pk=export.pk).update(
                state=state, file="whole.csv", updated_at=updated_at
            )

    assert clean(find("ended exports"), between=lambda _count: None) == 3

    left = Export.objects.filter(updated_at__lt=Now() - timedelta(days=90))
    assert [export.state for export in left] == [ExportState.READY]
    assert Export.objects.count() == ExportPart.objects.count() == 5


def test_a_part_is_written_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    export = make_export()
    monkeypatch.setattr("os.fsync", failing)

    with pytest.raises(OSError, match="full"):
        files.save_part(export, number=1, attempt=1, content=b"row\n")

    assert list(files.names(export)) == []


def test_a_file_is_private_and_has_no_address() -> None:
    name = files.save_part(make_export(), number=1, attempt=1, content=b"row\n")

    storage = files.storage()
    assert storage.path(name).endswith("/part-000001-1")
    with pytest.raises(ValueError, match="private"):
        storage.url(name)


def test_a_bucket_needs_its_library(settings: Settings) -> None:
    assert check_storage(None) == []
    settings.STORAGES = {**settings.STORAGES, "exports": {"BACKEND": "nowhere.s3.S3Storage"}}

    [message] = check_storage(None)

    assert message.id == "exports.E001"
    assert message.hint == "Install it: uv sync --extra s3"


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"number": 1}])
def test_the_table_refuses_parts_that_cannot_be(wrong: dict[str, int]) -> None:
    fields = {"export": make_export(), "number": 1, "table": "orders", "last_key": 1, "rows": 1}
    ExportPart.objects.create(**fields)

    with pytest.raises(IntegrityError), transaction.atomic():
        ExportPart.objects.create(**{**fields, "number": 2, **wrong})
