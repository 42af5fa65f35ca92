"""What is done to all that match: asked with their number, begun by a run, and as a file."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tasks.masks import MASK
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.admin_factories import (
    CANCEL,
    RETRY,
    VIEW,
    failure,
    make_failed_run,
    make_run,
    staff,
)
from tasks.tests.factories import ADD

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tasks_taskrun_changelist")
CSV = reverse("admin:tasks_taskrun_csv")
EVERY = "view_taskrun", "retry_taskrun", "cancel_taskrun", "delete_taskrun"


def address(act: str, query: str = "") -> str:
    return f"{reverse('admin:tasks_taskrun_all', args=[act])}?{query}"


def button(asked: str) -> str:
    return asked.partition('class="tasks-buttons"')[2].partition("<button")[2].partition(">")[0]


def rows(client: Client, **query: Any) -> list[dict[str, str]]:
    response = client.get(CSV, query)
    assert response.status_code == 200
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(("act", "is_red"), [("retry", False), ("delete", True)])
def test_the_button_that_deletes_all_is_red(admin_client: Client, act: str, is_red: bool) -> None:
    make_failed_run()

    asked = admin_client.get(address(act)).content.decode()

    assert ("bg-red-600" in button(asked)) is is_red


def test_all_that_match_are_retried_by_a_run_that_is_shown() -> None:
    operator = staff(*EVERY)
    sum_ = {"name": ADD, "queue": "mail", "arguments": '{"args":[1,2],"kwargs":{}}'}
    meant = [make_failed_run(**sum_) for _ in range(3)]
    other = make_failed_run(name=ADD)

    asked = operator.get(address("retry", "queue=mail")).content.decode()
    assert "Retry 3 runs?" in asked
    assert "mail" in asked
    assert not LogEntry.objects.exists(), "to ask changes nothing"
    begun = operator.post(address("retry", "queue=mail"))

    bulk = TaskRun.objects.get(name="tasks.tasks.act_on_matching")
    page = reverse("admin:tasks_taskrun_change", args=[bulk.pk])
    assert begun.headers["Location"] == f"{page}?_changelist_filters=queue%3Dmail"
    run_due()
    bulk.refresh_from_db()
    assert bulk.result == {"applied": 3, "left": 0, "clashing": 0}
    assert bulk.how_far is not None
    assert (bulk.how_far.done, bulk.how_far.total) == (3, 3)
    for run in meant:
        run.refresh_from_db()
        assert run.status == RunStatus.SUCCESSFUL, "it ran again"
    other.refresh_from_db()
    assert other.status == RunStatus.FAILED
    written = LogEntry.objects.filter(change_message="Retried.")
    assert {entry.object_id for entry in written} == {str(run.pk) for run in meant}


@pytest.mark.parametrize("act", ["cancel", "delete"])
def test_all_that_match_are_cancelled_or_deleted(act: str) -> None:
    operator = staff(*EVERY)
    make_run(RunStatus.WAITING, queue="mail")
    make_failed_run(queue="mail")
    make_failed_run(queue="tills")

    assert operator.post(address(act, "queue=mail")).status_code == 302
    run_due()

    runs = TaskRun.objects.filter(queue="mail")
    live = runs.filter(status=RunStatus.WAITING).count()
    failed = runs.filter(status=RunStatus.FAILED).count()
    assert (live, failed) == ((0, 1) if act == "cancel" else (1, 0))
    assert TaskRun.objects.filter(queue="tills").count() == 1


def test_a_status_that_allows_nothing_is_said() -> None:
    make_run(RunStatus.SUCCESSFUL)

    content = staff(*EVERY).get(address("retry", "status__exact=SUCCESSFUL")).content.decode()

    assert "Retry 0 runs?" in content
    assert "Nothing that matches" in content


def test_all_that_are_scheduled_are_run_now_and_no_other() -> None:
    operator = staff(*EVERY)
    later: dict[str, Any] = {
        "name": ADD,
        "arguments": '{"args":[1,2],"kwargs":{}}',
        "run_at": timezone.now() + timedelta(days=1),
    }
    meant = [make_run(RunStatus.SCHEDULED, queue="mail", **later) for _ in range(2)]
    other = make_run(RunStatus.SCHEDULED, **later)
    waiting = make_run(RunStatus.WAITING, queue="mail")

    assert address("promote") in operator.get(LIST).content.decode()
    assert "Start 2 runs now?" in operator.get(address("promote", "queue=mail")).content.decode()
    operator.post(address("promote", "queue=mail"))
    run_due()

    assert {run.status for run in TaskRun.objects.filter(pk__in=[run.pk for run in meant])} == {
        RunStatus.SUCCESSFUL
    }
    assert TaskRun.objects.get(pk=other.pk).status == RunStatus.SCHEDULED
    assert TaskRun.objects.get(pk=waiting.pk).status == RunStatus.WAITING


@pytest.mark.parametrize("act", ["retry", "cancel", "delete"])
def test_each_act_has_a_permission_of_its_own(act: str) -> None:
    others = [name for name in EVERY if name != f"{act}_taskrun"]
    for refused in (staff(), staff(*others), staff(f"{act}_taskrun")):
        assert refused.get(address(act)).status_code == 403
        assert refused.post(address(act)).status_code == 403
    content = staff(*others).get(LIST).content.decode()
    assert address(act) not in content
    assert address(act) in staff(VIEW, f"{act}_taskrun").get(LIST).content.decode()
    assert not TaskRun.objects.exists()


def test_a_filter_that_makes_no_sense_does_not_mean_everything() -> None:
    operator = staff(*EVERY)
    make_failed_run()

    for query in ("worker=no-id", "status__exact=NONE", "enqueued_at_from_0=x"):
        assert operator.post(address("delete", query)).status_code == 400
        assert operator.get(CSV + "?" + query).status_code == 400
    assert operator.get(address("explode")).status_code == 404
    assert TaskRun.objects.count() == 1


def test_the_file_holds_what_is_filtered() -> None:
    reader = staff(VIEW, "view_arguments")
    run = make_failed_run(queue="mail", unique_key="order:7", errors=failure('out, of "paper"'))
    make_run()

    (row,) = rows(reader, queue="mail")

    assert row["id"] == str(run.pk)
    assert row["status"] == "FAILED"
    assert row["message"] == 'out, of "paper"'
    assert row["error"] == "shop.errors.PrinterJam"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", row["enqueued_at"])


def test_no_cell_is_a_formula_and_no_message_is_for_everybody() -> None:
    make_failed_run(queue="=1+1", unique_key="@SUM(A1)", errors=failure("-2+3+cmd|' /C calc'!A0"))

    (row,) = rows(staff(VIEW, "view_arguments"))
    assert (row["queue"], row["unique_key"]) == ("'=1+1", "'@SUM(A1)")
    assert row["message"].startswith("'-2+3")
    (masked,) = rows(staff(VIEW))
    assert masked["message"] == MASK


def test_the_file_is_bounded_and_read_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.admin.table.BATCH", 2)
    runs = [make_run() for _ in range(5)]
    reader = staff(VIEW)

    assert [row["id"] for row in rows(reader)] == [str(run.pk) for run in runs[::-1]]
    monkeypatch.setattr("tasks.admin.table.MOST_ROWS", 3)
    assert len(rows(reader)) == 3


def test_the_file_is_for_those_who_may_view_runs() -> None:
    assert staff(RETRY, CANCEL).get(CSV).status_code == 403


@pytest.mark.parametrize("name", ["name", "queue", "fingerprint", "worker", "q"])
def test_a_filter_that_no_database_takes_breaks_nothing(name: str) -> None:
    viewer = staff("view_taskrun")

    for page in (LIST, CSV):
        answer = viewer.get(page, {name: "\x00"})
        assert answer.status_code in (200, 302, 400), page


def test_a_unique_key_is_masked_from_who_may_not_see_arguments() -> None:
    make_failed_run(unique_key="order:7")

    assert rows(staff("view_taskrun"))[0]["unique_key"] == MASK
    assert rows(staff("view_taskrun", "view_arguments"))[0]["unique_key"] == "order:7"
