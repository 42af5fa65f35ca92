"""The page of queues: what waits in them, and pausing, resuming and limiting them."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from tasks.ledger.clock import now
from tasks.models import Gate, GateKind, RunStatus
from tasks.tests.admin_factories import CANARY, make_run, staff

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:tasks_queues")
CONFIRMED = {"_form_submitted": "on"}
LOOK, PAUSE, LIMIT = "view_gate", "pause_gate", "limit_gate"


def address(deed: str, queue: str = "mail") -> str:
    return reverse(f"admin:tasks_queue_{deed}", args=[queue])


def gate(queue: str = "mail") -> Gate:
    return Gate.objects.get(kind=GateKind.QUEUE, name=queue)


@pytest.fixture(autouse=True)
def mail() -> None:
    make_run(queue="mail", run_at=now() - timedelta(minutes=3))


def test_queues_are_listed_with_what_waits_in_them(admin_client: Client) -> None:
    make_run(RunStatus.SCHEDULED, queue="reports")

    rows = {row["name"]: row for row in admin_client.get(PAGE).context["queues"]}

    assert (rows["mail"]["ready"], rows["mail"]["oldest"][:5]) == ("1", "3 min")
    assert rows["reports"]["scheduled"] == "1"
    assert "maintenance" in rows, "a queue that a task names is there though nothing is in it"


def test_a_question_changes_nothing_and_an_answer_does(admin_client: Client) -> None:
    assert "Yes, pause it" in admin_client.get(address("pause")).content.decode()
    assert not Gate.objects.exists()

    answer = admin_client.post(address("pause"), CONFIRMED)

    assert answer["Location"] == PAGE
    assert gate().paused_at
    assert "Resume" in admin_client.get(PAGE).content.decode()
    admin_client.post(address("resume"), CONFIRMED)
    assert gate().paused_at is None
    changes = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(changes) == ["Paused.", "Resumed."]


def test_a_limit_is_set_and_taken_away(admin_client: Client) -> None:
    admin_client.post(address("limit"), {**CONFIRMED, "most": "7"})
    assert gate().max_running == 7
    assert 'value="7"' in admin_client.get(address("limit")).content.decode()

    admin_client.post(address("limit"), {**CONFIRMED, "most": ""})

    assert gate().max_running is None


@pytest.mark.parametrize("most", ["0", "-1", "many", "1.5", "9" * 20])
def test_a_senseless_limit_is_an_error_at_its_field(admin_client: Client, most: str) -> None:
    content = admin_client.post(address("limit"), {**CONFIRMED, "most": most}).content.decode()

    assert "errorlist" in content or "text-red" in content
    assert not Gate.objects.exists()


def test_a_dialog_refreshes_the_page_below_it(admin_client: Client) -> None:
    headers = {"HX-Request": "true"}

    question = admin_client.get(address("pause"), headers=headers).content.decode()
    answer = admin_client.post(address("pause"), CONFIRMED, headers=headers)

    assert 'id="dialog"' in question
    assert answer["HX-Refresh"] == "true"


@pytest.mark.parametrize("deed", ["pause", "resume", "limit"])
def test_each_deed_needs_its_permission(deed: str) -> None:
    needed = LIMIT if deed == "limit" else PAUSE
    other = PAUSE if deed == "limit" else LIMIT

    for client in (staff(LOOK), staff(LOOK, other), staff(needed)):
        assert client.get(address(deed)).status_code == 403
        assert client.post(address(deed), CONFIRMED).status_code == 403
    assert not Gate.objects.exists()
    assert staff(LOOK, needed).post(address(deed), CONFIRMED).status_code == 302


def test_buttons_are_for_those_who_may_use_them() -> None:
    assert staff().get(PAGE).status_code == 403
    plain = staff(LOOK).get(PAGE).content.decode()
    assert "mail" in plain
    assert "/pause/" not in plain
    assert "/limit/" not in plain


def test_a_post_without_its_token_is_refused() -> None:
    client = staff(LOOK, PAUSE)
    client.handler.enforce_csrf_checks = True

    assert client.post(address("pause"), CONFIRMED).status_code == 403
    assert not Gate.objects.exists()


def test_a_queue_that_is_nowhere_is_not_found(admin_client: Client) -> None:
    for deed in ("pause", "resume", "limit"):
        assert admin_client.get(address(deed, "typo")).status_code == 404
        assert admin_client.post(address(deed, "typo"), CONFIRMED).status_code == 404
    assert not Gate.objects.exists()


@pytest.mark.parametrize("name", ["a/b", "pause/x", "ümläut ?&#%", CANARY])
def test_a_queue_may_have_any_name(admin_client: Client, name: str) -> None:
    make_run(queue=name)

    content = admin_client.get(PAGE).content.decode()
    assert quote(name) in content
    assert CANARY not in content
    admin_client.post(address("pause", name), CONFIRMED)

    assert gate(name).paused_at
