"""The page of one run: everything there is to know, whatever the row holds, and escaped."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from tasks import ledger
from tasks.admin.payloads import MAX_ATTEMPTS, MAX_CHARACTERS, Attempts, Payload
from tasks.models import RunStatus, TaskRun
from tasks.tests.admin_factories import (
    CANARY,
    failure,
    make_failed_run,
    make_run,
    make_worker,
    staff,
)
from tasks.tests.factories import ADD
from tasks.tests.flows import row_of
from tasks.tests.sample.tasks import add, echo
from tasks.workflows import chain, group

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

LIST = reverse("admin:tasks_taskrun_changelist")


def shown(client: Client, run: TaskRun) -> str:
    response = client.get(reverse("admin:tasks_taskrun_change", args=[run.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_arguments_result_and_facts(admin_client: Client) -> None:
    run = make_run(
        RunStatus.SUCCESSFUL,
        name=ADD,
        arguments='{"args":[4711],"kwargs":{"gift":"Grüße"}}',
        return_value='{"parcel":12}',
        unique_key="order:4711",
        spent=2,
        max_attempts=5,
    )

    content = shown(admin_client, run)

    for text in (str(run.pk), "4711", escape('"gift": "Grüße"'), escape('"parcel": 12'), "2 of 5"):
        assert text in content


def test_the_page_shows_every_failed_attempt_and_who_held_it(admin_client: Client) -> None:
    worker = make_worker(host="attic", pid=77)
    first = failure("jam one", attempt=1, worker_id=str(worker.pk), seconds=0.25)
    run = make_failed_run(errors=failure("jam two", errors=first, attempt=2))

    content = shown(admin_client, run)

    assert content.index("jam two") < content.index("jam one"), "the newest first"
    for text in ("shop.errors.PrinterJam", "Traceback (most recent call last)", "250 ms"):
        assert text in content
    assert "attic:77" in content
    assert reverse("admin:tasks_worker_change", args=[worker.pk]) in content


def test_long_texts_and_long_histories_are_bounded(admin_client: Client) -> None:
    errors = "[]"
    for number in range(1, MAX_ATTEMPTS + 4):
        errors = failure(f"jam {number};", errors=errors, attempt=number)
    run = make_failed_run(
        name=ADD, errors=errors, arguments=json.dumps({"args": ["z" * 50_000], "kwargs": {}})
    )

    content = shown(admin_client, run)

    assert "3 older attempts are not shown" in content
    assert "jam 3;" not in content
    assert content.count("z" * 1000) <= MAX_CHARACTERS / 1000
    assert "more characters are not shown" in content


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "nonsense",
        '{"args": [',
        "null",
        "7",
        '{"a": 1}',
        "[1, null]",
        '["text"]',
        '[{"attempt": {"a": 1}, "seconds": "long", "worker_id": 5, "started_at": "yesterday"}]',
        '[{"seconds": 1e999, "message": null, "traceback": [1], "started_at": "2026-01-01"}]',
        '[{"message": "half of \\ud800 a pair"}]',
        "[" * 100_000,
        "1" * 10_000,
    ],
)
def test_a_row_that_somebody_broke_is_shown(admin_client: Client, broken: str) -> None:
    run = make_failed_run(arguments=broken, errors=broken, return_value=broken)

    assert str(run.pk) in shown(admin_client, run)
    assert str(run.pk) in admin_client.get(LIST).content.decode()
    confirm = {"action": "retry_selected", "index": "0", "_selected_action": [str(run.pk)]}
    assert admin_client.post(LIST, confirm).status_code == 200


def test_what_is_no_json_is_said_to_be_none() -> None:
    assert Payload.of("{") == Payload("{", broken=True)
    assert Payload.of(None) is None
    assert Attempts.of("{").unreadable == Payload("{", broken=True)


def test_a_status_that_does_not_exist_is_shown(admin_client: Client) -> None:
    run = make_run("WEIRD")

    assert "WEIRD" in shown(admin_client, run)
    assert "WEIRD" in admin_client.get(LIST).content.decode()


def canaries() -> dict[str, Any]:
    failed = failure(CANARY, traceback=CANARY, exception_class_path=f"x.{CANARY}", worker_id=CANARY)
    return {
        "name": f"x{CANARY}",
        "queue": CANARY,
        "unique_key": CANARY,
        "arguments": json.dumps({"args": [CANARY], "kwargs": {CANARY: CANARY}}),
        "return_value": json.dumps(CANARY),
        "errors": failed,
    }


@pytest.mark.parametrize("broken", [False, True])
def test_nothing_in_a_row_reaches_a_page_unescaped(admin_client: Client, broken: bool) -> None:
    worker = make_worker(host=CANARY)
    run = make_failed_run(**canaries(), worker_id=worker.pk)
    if broken:
        TaskRun.objects.update(arguments=CANARY, errors=CANARY, return_value=CANARY)
    make_run(unique_key=CANARY)
    retry = reverse("admin:tasks_taskrun_retry", args=[run.pk])
    selected = {"action": "retry_selected", "index": "0", "_selected_action": [str(run.pk)]}

    pages = [
        admin_client.get(LIST),
        admin_client.get(LIST, {"q": CANARY}),
        admin_client.get(LIST, {"name": f"x{CANARY}", "queue": CANARY}),
        admin_client.get(reverse("admin:tasks_taskrun_change", args=[run.pk])),
        admin_client.get(retry),
        admin_client.post(LIST, selected),
        # The message names the unique key.
        admin_client.post(retry, {"_form_submitted": "True"}, follow=True),
    ]
    TaskRun.objects.update(unique_key=None)
    admin_client.post(retry, {"_form_submitted": "True"})
    pages += [
        admin_client.get(reverse("admin:tasks_taskrun_history", args=[run.pk])),
        admin_client.get(reverse("admin:index")),
    ]

    for page in pages:
        content = page.content.decode()
        assert page.status_code == 200
        assert "<script>canary" not in content
        assert escape(CANARY) in content, page.request["PATH_INFO"]


def test_a_worker_reaches_no_page_unescaped(admin_client: Client) -> None:
    worker = make_worker(host=CANARY, engine="<script>canary", queues=CANARY)

    for page in (
        admin_client.get(reverse("admin:tasks_worker_changelist")),
        admin_client.get(reverse("admin:tasks_worker_change", args=[worker.pk])),
    ):
        assert "<script>canary" not in page.content.decode()
        assert escape(CANARY) in page.content.decode()


def test_the_page_is_for_those_who_may_view_runs() -> None:
    address = reverse("admin:tasks_taskrun_change", args=[make_run().pk])

    assert staff().get(address).status_code == 403


def test_the_pages_hold_no_inline_script_or_style(admin_client: Client) -> None:
    content = shown(admin_client, make_failed_run())

    ours = content.partition('class="tasks-page"')[2].partition("<form")[0]
    assert ours
    for mark in ("<script", "<style", "style=", " on", "javascript:"):
        assert mark not in ours.replace(" on ", " ")


def test_the_page_of_a_step_says_what_it_waits_for(admin_client: Client) -> None:
    members = group([add.s(1, 1), add.s(2, 2)], then=echo.s())
    result = chain(add.s(1, 2), members).enqueue()
    first = row_of(result.steps[0])
    ledger.cancel([first.id])
    ledger.sweep_workflows()
    member = TaskRun.objects.filter(after_run_id=first.id)[0]

    content = shown(admin_client, member)

    assert reverse("admin:tasks_taskrun_change", args=[first.id]) in content
    assert "Step tasks.tests.sample.tasks.add was cancelled" in content
    assert "0 succeeded, 2 failed, 2 in all" in " ".join(content.split())
    then = shown(admin_client, row_of(result.last))
    assert "0 succeeded, 2 failed, 2 in all" in " ".join(then.split())


def test_a_run_whose_ties_are_gone_is_shown_all_the_same(admin_client: Client) -> None:
    run = make_run(
        RunStatus.CANCELLED,
        workflow_id=uuid.uuid4(),
        after_run_id=uuid.uuid4(),
        group_id=uuid.uuid4(),
    )

    assert str(run.pk) in shown(admin_client, run)


def test_the_page_tells_the_request_and_the_trace_it_belongs_to(admin_client: Client) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    run = make_run(headers=json.dumps({"request_id": f"r-{CANARY}", "traceparent": trace}))

    page = shown(admin_client, run)

    assert trace in page
    assert escape(f"r-{CANARY}") in page
    assert CANARY not in page
