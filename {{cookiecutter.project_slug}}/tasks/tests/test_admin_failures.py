"""The page of failures, the history of what people did, and what the command palette finds."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape

from tasks.control.newest import MOST_LISTED
from tasks.masks import MASK
from tasks.models import GateKind, RunStatus, TaskRun
from tasks.service import service
from tasks.testing import run_due
from tasks.tests.admin_factories import (
    CANARY,
    VIEW,
    failure,
    make_failed_run,
    make_run,
    staff,
)
from tasks.tests.factories import ADD
from tasks.tests.sample.tasks import give_up

pytestmark = pytest.mark.django_db

FAILURES = reverse("admin:tasks_taskrun_failures")
AUDIT = reverse("admin:admin_logentry_changelist")
LIST = reverse("admin:tasks_taskrun_changelist")
READ = "view_arguments"


def fail(mark: str, *, hours: float = 0, **fields: Any) -> TaskRun:
    ended = timezone.now() - timedelta(hours=hours)
    return make_failed_run(fingerprint=mark, finished_at=ended, **fields)


def shown(client: Client, address: str, **query: Any) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def found(client: Client, text: str) -> str:
    return shown(client, reverse("admin:search"), s=text)


# Failures.


def test_failures_are_counted_by_kind_the_latest_first() -> None:
    fail("a", hours=30, errors=failure("old jam"), name="shop.tasks.pack")
    fail("b", hours=2)
    fail("b", hours=1.5)
    newest = fail("b", errors=failure("new jam"))
    make_run(RunStatus.SUCCESSFUL)

    jam, old = service.failing()

    assert (jam.fingerprint, jam.count, jam.last_run_id) == ("b", 3, newest.pk)
    assert (jam.task, jam.error) == ("shop.tasks.sell", "shop.errors.PrinterJam")
    assert jam.message == "new jam"
    assert jam.trend[-1] == 1
    assert sum(jam.trend) == 3
    assert jam.first_at < jam.last_at
    assert (old.fingerprint, old.task, sum(old.trend)) == ("a", "shop.tasks.pack", 0)


def test_what_failed_for_good_by_the_databases_clock_is_of_a_kind() -> None:
    run = give_up.enqueue("hopeless")
    run_due()

    (kind,) = service.failing()
    assert (str(kind.last_run_id), kind.count) == (run.id, 1)
    assert kind.error.endswith("Hopeless")


def test_what_was_retried_is_failed_no_more() -> None:
    run = fail("a", name=ADD)
    service.retry([run.pk], by=None)

    assert service.failing() == []


def test_the_page_leads_to_the_runs_of_a_kind_and_to_retrying_them_all() -> None:
    fail("abcdef0123456789")
    operator = staff(VIEW, READ, "retry_taskrun")

    content = shown(operator, FAILURES)

    assert "out of paper" in content
    assert f"{LIST}?fingerprint=abcdef0123456789" in content
    retry = reverse("admin:tasks_taskrun_all", args=["retry"])
    assert f"{retry}?fingerprint=abcdef0123456789" in content
    assert "Retry 1 run?" in shown(operator, retry, fingerprint="abcdef0123456789")
    assert reverse("admin:tasks_taskrun_all", args=["delete"]) not in content


def test_who_may_not_see_arguments_is_told_the_error_without_its_words() -> None:
    fail("a", errors=failure("the code is 4711"))

    content = shown(staff(VIEW), FAILURES)

    assert "4711" not in content
    assert MASK in content
    assert "PrinterJam" in content
    assert staff("retry_taskrun").get(FAILURES).status_code == 403


def test_a_history_that_somebody_broke_is_of_a_kind_all_the_same(admin_client: Client) -> None:
    for number, broken in enumerate(("", "[]", "nonsense", "[7]", '[{"message":1}]')):
        fail(str(number), errors=broken)

    assert len(service.failing()) == 5
    shown(admin_client, FAILURES)


def test_the_page_takes_few_queries_however_many_kinds_there_are(admin_client: Client) -> None:
    for number in range(20):
        fail(str(number))
    # The sidebar counts for itself, at most every ten seconds.
    shown(admin_client, FAILURES)

    with CaptureQueriesContext(connection) as queries:
        shown(admin_client, FAILURES)

    assert len(queries) <= 6


def test_nothing_on_the_page_is_markup(admin_client: Client) -> None:
    fail(CANARY[:16], name=CANARY, errors=failure(CANARY, exception_class_path=CANARY))

    content = shown(admin_client, FAILURES)

    assert "<script>canary" not in content
    assert escape("<script>canary") in content


def test_the_sidebar_lights_up_the_failures_alone(admin_client: Client) -> None:
    groups = admin_client.get(FAILURES).context["sidebar_navigation"]
    lit = [str(item["title"]) for group in groups for item in group["items"] if item["active"]]

    assert lit == ["Failures"]


# The history.


def audited(client: Client, **query: Any) -> list[str]:
    response = client.get(AUDIT, query)
    assert response.status_code == 200
    return [entry.object_id for entry in response.context["cl"].result_list]


def test_what_was_done_is_found_by_person_object_and_words() -> None:
    auditor = staff("view_logentry")
    anna, ben = (
        get_user_model().objects.create_user(f"{name}@example.com", is_staff=True)
        for name in ("anna", "ben")
    )
    first, second = make_failed_run(name=ADD), make_failed_run(name=ADD)
    service.retry([first.pk], by=anna)
    service.delete([second.pk], by=ben)

    assert audited(auditor) == [str(second.pk), str(first.pk)]
    assert audited(auditor, user_id=anna.pk) == [str(first.pk)]
    assert audited(auditor, q=str(second.pk)) == [str(second.pk)]
    assert audited(auditor, q="Retried") == [str(first.pk)]
    assert audited(auditor, q="\x00") == [str(second.pk), str(first.pk)]
    for no_id in ("x", "9" * 30, "9" * 5000):
        assert audited(auditor, user_id=no_id) == []
        assert audited(auditor, content_type_id=no_id) == []
    content = shown(auditor, AUDIT)
    assert "anna@example.com" in content
    assert reverse("admin:tasks_taskrun_change", args=[first.pk]) in content
    assert reverse("admin:tasks_taskrun_change", args=[second.pk]) not in content, "it is gone"


def test_the_history_is_only_looked_at(admin_client: Client) -> None:
    run = make_failed_run(name=ADD)
    service.retry([run.pk], by=get_user_model().objects.get())
    entry = LogEntry.objects.get()
    page = reverse("admin:admin_logentry_change", args=[entry.pk])

    assert "Retried." in shown(admin_client, page)
    assert admin_client.post(page, {"change_message": "Nothing."}).status_code == 403
    gone = reverse("admin:admin_logentry_delete", args=[entry.pk])
    assert admin_client.post(gone, {"post": "yes"}).status_code == 403
    act = {"action": "delete_selected", "_selected_action": [str(entry.pk)], "index": "0"}
    admin_client.post(AUDIT, {**act, "post": "yes"})
    assert list(LogEntry.objects.all()) == [entry]
    assert staff(VIEW).get(AUDIT).status_code == 403


def test_the_history_takes_few_queries_and_counts_nothing(admin_client: Client) -> None:
    user = get_user_model().objects.get()
    runs = [make_run() for _ in range(20)]
    LogEntry.objects.log_actions(user.pk, runs, CHANGE, change_message="Retried.")
    shown(admin_client, AUDIT)

    with CaptureQueriesContext(connection) as queries:
        content = shown(admin_client, AUDIT)

    assert f"{MOST_LISTED} results" not in content, "a limit is not shown as a count"
    assert len(queries) <= 6
    assert not any("COUNT(" in query["sql"] for query in queries)


def test_the_history_is_called_alike_by_the_menu_its_title_and_the_way_to_it(
    admin_client: Client,
) -> None:
    run = make_failed_run(name=ADD)
    service.retry([run.pk], by=get_user_model().objects.get())
    entry = reverse("admin:admin_logentry_change", args=[LogEntry.objects.get().pk])

    for language, word in (("en", "History"), ("de", "Verlauf")):
        for address in (AUDIT, entry):
            answer = admin_client.get(address, headers={"Accept-Language": language})
            content = answer.content.decode()
            assert re.search(rf"<title>[^<]*\b{word} \|", content)
            heading = content[content.index("<h1") : content.index("</h1>")]
            assert word in heading
            assert "Retried" not in heading
            assert not re.search("[Ll]og entr|Logeintr", content)
    itself = reverse("admin:admin_logentry_history", args=[LogEntry.objects.get().pk])
    assert itself not in shown(admin_client, entry)


def test_a_pause_is_told_of_its_queue_or_task(admin_client: Client) -> None:
    user = get_user_model().objects.get()
    with translation.override("de"):
        service.pause(GateKind.QUEUE, "mail", by=user)
    service.pause(GateKind.TASK, ADD, by=user)
    entries = list(LogEntry.objects.order_by("pk"))
    shown(admin_client, AUDIT)

    with CaptureQueriesContext(connection) as queries:
        answer = admin_client.get(AUDIT)

    assert len(queries) <= 6
    admin_page = answer.context["cl"].model_admin
    listed = {entry.pk: entry for entry in answer.context["cl"].result_list}
    assert [admin_page.kind(listed[entry.pk]) for entry in entries] == ["queue", "task"]
    assert f'href="{reverse("admin:tasks_queues")}">mail<' in answer.content.decode()
    assert f'href="{reverse("admin:tasks_task", args=[ADD])}">{ADD}<' in answer.content.decode()
    page = reverse("admin:admin_logentry_change", args=[entries[0].pk])
    for content in (answer.content.decode(), shown(admin_client, page)):
        assert "gate" not in re.findall(r"\w+", content), "nobody sees gates"


def test_nothing_in_the_history_is_markup(admin_client: Client) -> None:
    user = get_user_model().objects.get()
    for flag in (CHANGE, DELETION):
        run = make_run(name=CANARY)
        LogEntry.objects.log_actions(user.pk, [run], flag, change_message=CANARY)
        page = reverse("admin:admin_logentry_change", args=[LogEntry.objects.latest("pk").pk])
        assert "<script>canary" not in shown(admin_client, page)

    content = shown(admin_client, AUDIT)
    assert "<script>canary" not in content
    assert escape("<script>canary") in content


# The command palette.


def test_the_palette_finds_runs_tasks_and_queues(admin_client: Client) -> None:
    run = make_run(unique_key="Order:4711")

    page = reverse("admin:tasks_taskrun_change", args=[run.pk])
    assert page in found(admin_client, str(run.pk))
    assert page in found(admin_client, run.pk.hex.upper())
    assert page in found(admin_client, "Order:4711")
    task = reverse("admin:tasks_task", args=[ADD])
    assert task in found(admin_client, "sample.tasks.add")
    assert f"{LIST}?queue=default" in found(admin_client, "DEFAULT")


def test_the_palette_finds_nothing_for_those_who_may_not_look() -> None:
    run = make_run(unique_key="order:4711")
    stranger = staff()

    for text in (str(run.pk), "order:4711", "add", "default"):
        assert LIST not in found(stranger, text)
    assert str(run.pk) in found(staff(VIEW), str(run.pk))


def test_nothing_in_the_palette_is_markup(admin_client: Client) -> None:
    run = make_run(name=CANARY, unique_key=CANARY)

    for text in (CANARY, str(run.pk)):
        content = found(admin_client, text)
        assert str(run.pk) in content
        assert "<script>canary" not in content


def test_the_palette_asks_for_no_text_of_runs(admin_client: Client) -> None:
    make_run()
    found(admin_client, "mail")

    with CaptureQueriesContext(connection) as queries:
        found(admin_client, "no such thing")

    runs = [query["sql"] for query in queries if "tasks_taskrun" in query["sql"]]
    assert len(runs) == 1
    assert "LIKE" not in runs[0].upper()
