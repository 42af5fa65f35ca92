"""The pages of tasks: what each is, how it does, and the form by which people run it."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from tasks.control.overview import WINDOWS
from tasks.ledger.clock import now
from tasks.models import Gate, GateKind, RunStatus, Schedule, TaskRun
from tasks.tests.admin_factories import CANARY, failure, make_run, staff
from tasks.tests.ended_factories import make_ended
from tasks.tests.sample.tasks import add, print_labels

pytestmark = pytest.mark.django_db

LIST = reverse("admin:tasks_tasks")
NAME = print_labels.module_path
PAGE = reverse("admin:tasks_task", args=[NAME])
CONFIRMED = {"_form_submitted": "on"}
LOOK, RUN, PAUSE = "view_taskrun", "enqueue_taskrun", ("view_gate", "pause_gate")


def address(deed: str, name: str = NAME) -> str:
    return reverse(f"admin:tasks_task_{deed}", args=[name])


def run_now(client: Client, **given: str) -> Any:
    return client.post(address("run"), {**CONFIRMED, **given})


def arguments() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(TaskRun.objects.get().arguments)
    assert values["args"] == []
    kwargs: dict[str, Any] = values["kwargs"]
    return kwargs


def test_every_task_is_listed_with_how_it_does(admin_client: Client) -> None:
    make_ended(now(), name=NAME)
    make_ended(now(), name=NAME, status=RunStatus.FAILED)
    make_run(name="gone.tasks.work")

    rows = {row["name"]: row for row in admin_client.get(LIST).context["tasks"]}

    assert (rows[NAME]["ended"], rows[NAME]["failure_rate"]) == ("2", "50.0 %")
    assert rows[NAME]["run"].startswith(("1.", "2."))
    assert rows[NAME]["is_manual"]
    assert not rows[add.module_path]["is_manual"]
    assert not rows["gone.tasks.work"]["is_known"]


def test_the_page_of_a_task_tells_it_all(admin_client: Client) -> None:
    run = make_ended(
        now(), name=NAME, status=RunStatus.FAILED, fingerprint="label jam", errors=failure()
    )
    Schedule.objects.create(name="nightly", task=NAME, cron="0 3 * * *")

    content = admin_client.get(PAGE).content.decode()

    for text in (NAME, "What people run by hand", "0 3 * * *", "PrinterJam", str(run.pk), "manual"):
        assert text in content


@pytest.mark.parametrize(("window", "steps"), [("hour", 60), ("day", 24), ("week", 84)])
def test_the_charts_of_a_task_draw_its_own_runs_with_few_queries(
    admin_client: Client, window: str, steps: int, django_assert_max_num_queries: Any
) -> None:
    make_ended(now(), name=NAME)
    make_ended(now(), name=NAME, status=RunStatus.FAILED)
    make_ended(now(), name="shop.tasks.other")

    with django_assert_max_num_queries(17):
        answer = admin_client.get(PAGE, {"window": window}, headers={"HX-Target": "tasks-live"})

    drawn = json.loads(answer.context["series"])
    assert {len(drawn[line]) for line in ("ok", "failed", "run50", "wait95")} == {steps}
    assert drawn["step"] == WINDOWS[window].step.total_seconds(), "as on the dashboard"
    assert (sum(drawn["ok"]), sum(drawn["failed"])) == (1, 1)
    assert 1 < max(filter(None, drawn["run95"])) < 3
    assert "tasks-series" in answer.content.decode()


def test_a_task_that_is_not_declared_has_no_page(admin_client: Client) -> None:
    for deed in ("run", "pause", "resume"):
        assert admin_client.get(address(deed, "no.such.task")).status_code == 404
        assert admin_client.post(address(deed, "no.such.task"), CONFIRMED).status_code == 404
    assert admin_client.get(reverse("admin:tasks_task", args=["no.such.task"])).status_code == 404


def test_the_form_has_a_field_for_each_argument(admin_client: Client) -> None:
    content = admin_client.get(address("run")).content.decode()

    for fragment in (
        'type="number" name="copies"',
        '<select name="size"',
        'type="date" name="day"',
        'type="checkbox" name="urgent"',
        '<textarea name="options"',
        'type="password" name="pin"',
    ):
        assert fragment in content
    assert "Left empty: &quot;small&quot;." in content
    assert not TaskRun.objects.exists()


def test_what_is_left_empty_has_its_default(admin_client: Client) -> None:
    answer = run_now(admin_client, copies="2")

    assert answer.status_code == 302
    assert arguments() == {"copies": 2, "urgent": False}
    assert LogEntry.objects.get().change_message == "Enqueued by hand."


def test_what_is_given_arrives_with_its_type(admin_client: Client) -> None:
    run_now(
        admin_client,
        copies="3",
        size="1",
        day="2026-12-31",
        urgent="on",
        options='{"colour": ["red", null]}',
        pin="1234",
    )

    assert arguments() == {
        "copies": 3,
        "size": "large",
        "day": "2026-12-31",
        "urgent": True,
        "options": {"colour": ["red", None]},
        "pin": "1234",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"copies": ""},
        {"copies": "many"},
        {"copies": "1.5"},
        {"copies": "1", "size": "7"},
        {"copies": "1", "size": "large"},
        {"copies": "1", "day": "31.12.2026"},
        {"copies": "1", "day": "2026-02-30"},
        {"copies": "1", "options": "{"},
        {"copies": "1", "options": "[1]"},
        {"copies": "1", "options": "[" * 100_000},
        {"copies": "1", "pin": "a\x00b"},
    ],
    ids=lambda given: str(given)[:50],
)
def test_wrong_input_is_an_error_at_its_field(admin_client: Client, given: dict[str, str]) -> None:
    answer = run_now(admin_client, **given)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [list(given)[-1]]
    assert not TaskRun.objects.exists()


def test_a_sensitive_argument_is_not_sent_back(admin_client: Client) -> None:
    answer = run_now(admin_client, copies="many", pin="sentinel-4711")

    assert "sentinel-4711" not in answer.content.decode()


def test_arguments_that_are_too_large_are_refused_with_a_sentence(admin_client: Client) -> None:
    options = json.dumps({"text": "x" * 70_000})

    answer = admin_client.post(
        address("run"), {**CONFIRMED, "copies": "1", "options": options}, follow=True
    )

    assert "at most 65536 are allowed" in answer.content.decode()
    assert not TaskRun.objects.exists()


def test_a_dialog_leads_to_the_run(admin_client: Client) -> None:
    answer = admin_client.post(
        address("run"), {**CONFIRMED, "copies": "1"}, headers={"HX-Request": "true"}
    )

    run = TaskRun.objects.get()
    assert answer["HX-Redirect"] == reverse("admin:tasks_taskrun_change", args=[run.pk])


def test_only_tasks_that_opt_in_are_run(admin_client: Client) -> None:
    name = add.module_path

    assert admin_client.get(address("run", name)).status_code == 404
    given = {**CONFIRMED, "left": "1", "right": "2"}
    assert admin_client.post(address("run", name), given).status_code == 404
    page = admin_client.get(reverse("admin:tasks_task", args=[name])).content.decode()
    assert address("run", name) not in page
    assert not TaskRun.objects.exists()


def test_a_task_is_paused_and_resumed(admin_client: Client) -> None:
    admin_client.get(address("pause"))
    assert not Gate.objects.exists()

    admin_client.post(address("pause"), CONFIRMED)

    assert Gate.objects.get(kind=GateKind.TASK, name=NAME).paused_at
    assert address("resume") in admin_client.get(PAGE).content.decode()
    admin_client.post(address("resume"), CONFIRMED)
    assert Gate.objects.get().paused_at is None


def test_each_deed_needs_its_permission() -> None:
    assert staff().get(LIST).status_code == 403
    assert staff().get(PAGE).status_code == 403
    for client in (staff(LOOK), staff(RUN), staff(LOOK, *PAUSE)):
        assert client.get(address("run")).status_code == 403
        assert run_now(client, copies="1").status_code == 403
    for client in (staff(LOOK), staff(LOOK, RUN), staff(LOOK, PAUSE[0])):
        assert client.post(address("pause"), CONFIRMED).status_code == 403
        assert client.post(address("resume"), CONFIRMED).status_code == 403
    assert not TaskRun.objects.exists()
    assert not Gate.objects.exists()
    plain = staff(LOOK).get(PAGE).content.decode()
    assert address("run") not in plain
    assert address("pause") not in plain


def test_no_text_becomes_markup(admin_client: Client) -> None:
    make_run(name=CANARY)
    make_ended(
        now(),
        name=NAME,
        status=RunStatus.FAILED,
        fingerprint="canary",
        errors=failure(exception_class_path=CANARY),
    )

    for page in (LIST, PAGE):
        content = admin_client.get(page).content.decode()
        assert "canary(" in content
        assert CANARY not in content
