"""Through the API runs are found, seen, begun, retried, cancelled, deleted: with its effect."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import make_user
from tasks import permissions as need
from tasks.ids import last_before
from tasks.ledger.clock import now
from tasks.masks import MASK
from tasks.models import Gate, LogLine, RunStatus, TaskRun
from tasks.service import service
from tasks.testing import run_due
from tasks.tests.factories import (
    ADD,
    make_held_run,
    make_run,
    make_schedule,
    make_worker,
    status_of,
)
from tasks.tests.sample.tasks import add, print_labels
from tasks.tests.test_api_permissions import member
from tasks.workflows import chain, group

pytestmark = pytest.mark.django_db

RUNS = reverse("tasks-api:runs")
BULK = reverse("tasks-api:bulk")
LABELS = print_labels.module_path
HUGE = {"text": "x" * 70_000}
ALL = {"act": "retry", "all_matching": True, "dry_run": True}
ERROR = json.dumps(
    [{"attempt": 1, "exception_class_path": "builtins.ValueError", "message": "canary"}]
)


@pytest.fixture
def operator() -> User:
    return make_user("ada@example.com", is_staff=True, is_superuser=True)


@pytest.fixture
def api(operator: User, client: Client) -> Client:
    client.force_login(operator)
    return client


def post(api: Client, address: str, body: Any = None) -> Any:
    return api.post(address, {} if body is None else body, content_type="application/json")


def of(name: str, run: TaskRun) -> str:
    return reverse(f"tasks-api:{name}", args=[run.pk])


def found(api: Client, **query: Any) -> list[str]:
    answer = api.get(RUNS, query)
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


def test_runs_are_found_by_what_they_are(api: Client) -> None:
    worker = uuid.uuid4()
    failed = make_run(status=RunStatus.FAILED, queue="mail", worker_id=worker)
    earlier = now() - timedelta(days=2)
    old = make_run(id=last_before(earlier), enqueued_at=earlier, unique_key="order 7")
    done = make_run(status=RunStatus.SUCCESSFUL, name=LABELS, priority=-7)

    assert found(api) == [str(run.pk) for run in (done, failed, old)]
    assert found(api, status="FAILED") == [str(failed.pk)]
    assert found(api, status=["FAILED", "SUCCESSFUL"]) == [str(done.pk), str(failed.pk)]
    assert found(api, queue="mail") == [str(failed.pk)]
    assert found(api, task=LABELS) == [str(done.pk)]
    assert found(api, priority=-7) == [str(done.pk)]
    assert found(api, priority=0, until=now().isoformat()) == [str(failed.pk), str(old.pk)]
    assert found(api, worker=str(worker)) == [str(failed.pk)]
    assert found(api, until=(now() - timedelta(days=1)).isoformat()) == [str(old.pk)]
    assert found(api, since=(now() - timedelta(days=1)).isoformat(), task=ADD) == [str(failed.pk)]
    assert found(api, search="order 7") == [str(old.pk)]
    assert found(api, search=str(failed.pk)) == [str(failed.pk)]
    assert found(api, queue="nowhere") == []


def test_runs_are_found_by_what_they_belong_to(api: Client) -> None:
    schedule = make_schedule()
    scheduled = str(service.run_schedule(schedule.name, by=None))
    members = group([add.s(1, 1)]).enqueue()
    alike = make_run(status=RunStatus.FAILED, fingerprint="a" * 16, errors=ERROR)

    assert found(api, schedule=schedule.pk) == [scheduled]
    assert found(api, schedule=schedule.pk + 1) == []
    assert found(api, group=members.id) == [str(TaskRun.objects.get(group_id=members.id).pk)]
    assert found(api, fingerprint="a" * 16) == [str(alike.pk)]
    assert found(api, search="canary") == [str(alike.pk)]


def test_nobody_guesses_arguments_by_searching() -> None:
    make_run(status=RunStatus.FAILED, errors=ERROR)
    body = {"act": "retry", "all_matching": True, "dry_run": True}
    sees, sees_not = member(*need.OPERATING), member(*set(need.OPERATING) - {need.VIEW_ARGUMENTS})

    for client, count in ((sees, 1), (sees_not, 0)):
        assert len(found(client, search="canary")) == count
        assert post(client, f"{BULK}?search=canary", body).json()["count"] == count


def test_who_may_not_see_keys_finds_only_the_run_whose_key_they_know() -> None:
    run = make_run(unique_key="order 4711")
    sees, sees_not = member(*need.OPERATING), member(*set(need.OPERATING) - {need.VIEW_ARGUMENTS})

    assert found(sees, search="47") == [str(run.pk)]
    assert found(sees_not, search="47") == []
    assert found(sees_not, search="order 4711") == [str(run.pk)]


def test_pages_neither_shift_nor_count_when_runs_are_added(
    api: Client, django_assert_max_num_queries: Any
) -> None:
    made = [str(make_run().pk) for _ in range(7)]
    seen: list[str] = []
    address = f"{RUNS}?page_size=3&status=READY"
    while address:
        # The session, the user, the page. A superuser's permissions are not looked up. Of what is
        # ready there are two indexes: each is asked how much it holds, and for the newest.
        with django_assert_max_num_queries(7) as queries:
            page = api.get(address).json()
        assert not [each for each in queries.captured_queries if "COUNT(" in each["sql"]]
        seen += [each["id"] for each in page["results"]]
        address = page["next"]
        make_run()

    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=DONE", "status"),
        ("state=FAILED", "state"),
        ("worker=7", "worker"),
        ("since=yesterday", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("until=9999-12-31T23:59:59-12:00", "until"),
        ("until=2026-02-30", "until"),
        ("priority=urgent", "priority"),
        ("priority=101", "priority"),
        ("schedule=0", "schedule"),
        ("schedule=1.5", "schedule"),
        ("schedule=99999999999999999999", "schedule"),
        ("group=7", "group"),
        ("fingerprint=12345678901234567", "fingerprint"),
        ("search=%00", "search"),
        ("task=%00", "task"),
        ("cursor=cD1hYmM%3D", "cursor"),
        ("page_size=1000", "page_size"),
    ],
)
def test_a_wrong_parameter_is_named(api: Client, query: str, field: str) -> None:
    for answer in (
        api.get(f"{RUNS}?{query}"),
        *([] if field in ("cursor", "page_size") else [post(api, f"{BULK}?{query}", ALL)]),
    ):
        assert answer.status_code == 400
        assert set(answer.json()["errors"]) == {field}


def test_a_run_is_shown_whole(api: Client) -> None:
    run, _ = make_held_run()

    answer = api.get(of("run", run)).json()

    assert (answer["id"], answer["task"], answer["status"]) == (str(run.pk), ADD, "RUNNING")
    assert (answer["args"], answer["kwargs"]) == ([1, 2], {})
    assert answer["worker_id"] == str(run.worker_id)
    assert api.get(reverse("tasks-api:run", args=[uuid.uuid4()])).status_code == 404


def test_arguments_are_masked_from_who_may_not_see_them() -> None:
    run = make_run(
        status=RunStatus.FAILED,
        arguments='{"args":["canary"],"kwargs":{"key":"canary"}}',
        return_value='"canary"',
        errors=ERROR,
        unique_key="canary",
        progress='{"done":1,"total":2,"message":"canary"}',
        fingerprint="f" * 16,
    )
    make_run(status=RunStatus.FAILED, errors=ERROR, fingerprint="f" * 16)
    make_schedule(arguments='{"args":["canary"],"kwargs":{}}')
    addresses = [
        RUNS,
        of("run", run),
        of("related", run),
        *(reverse(f"tasks-api:{name}") for name in ("overview", "schedules")),
    ]

    sees, sees_not = member(*need.OPERATING), member(*set(need.OPERATING) - {need.VIEW_ARGUMENTS})

    for address in addresses:
        assert "canary" in sees.get(address).text, address
        assert "canary" not in sees_not.get(address).text, address
    shown = sees_not.get(of("run", run)).json()
    assert (shown["args"], shown["kwargs"], shown["return_value"]) == ([MASK], {"key": MASK}, MASK)
    assert shown["failures"][0]["error"] == "builtins.ValueError"


def test_sensitive_arguments_are_masked_from_everybody(api: Client) -> None:
    answer = post(api, RUNS, {"task": LABELS, "arguments": {"copies": 2, "pin": "canary"}})

    assert answer.status_code == 201
    assert "canary" not in answer.content.decode()
    assert answer.json()["kwargs"]["pin"] == MASK


def test_what_is_not_json_is_shown_all_the_same(api: Client) -> None:
    run = make_run(
        arguments='{"args":[NaN,"\\ud800"],"kwargs":{}}', return_value="no json", errors="{}"
    )

    answer = api.get(of("run", run))

    assert answer.status_code == 200
    assert answer.json()["args"] == ["nan", "\ud800"]
    assert answer.json()["return_value"] == "no json"


def test_a_task_that_opts_in_is_run_and_that_is_written_down(api: Client, operator: User) -> None:
    answer = post(api, RUNS, {"task": LABELS, "arguments": {"copies": 2}})

    assert answer.status_code == 201
    run = TaskRun.objects.get()
    assert answer.headers["Location"] == of("run", run)
    assert LogEntry.objects.get().user == operator
    run_due()
    seen = api.get(answer.headers["Location"]).json()
    assert (seen["status"], seen["return_value"]) == ("SUCCESSFUL", "2 small None False None")


@pytest.mark.parametrize(
    ("body", "status", "errors"),
    [
        ({"task": ADD, "arguments": {}}, 403, None),
        ({"task": "os.system"}, 400, {"task"}),
        ({"task": "\0"}, 400, {"task"}),
        ({}, 400, {"task"}),
        ({"task": LABELS, "arguments": {"copies": "two"}}, 400, {"arguments"}),
        ({"task": LABELS, "arguments": {}}, 400, {"arguments"}),
        ({"task": LABELS, "arguments": {"copies": 1, "colour": "red"}}, 400, {"arguments"}),
        (
            {"task": LABELS, "arguments": {"copies": 1, "options": HUGE}},
            400,
            {"arguments"},
        ),
        ({"task": LABELS, "arguments": [1]}, 400, {"arguments"}),
        ([1], 400, {"non_field_errors"}),
    ],
)
def test_what_cannot_be_run_is_said_by_field(
    api: Client, body: Any, status: int, errors: set[str] | None
) -> None:
    answer = post(api, RUNS, body)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert errors is None or set(answer.json()["errors"]) == errors
    assert not TaskRun.objects.exists()


def test_a_field_that_there_is_none_of_is_named_and_nothing_is_done(api: Client) -> None:
    limit = reverse("tasks-api:queue-limit", args=["default"])
    failed = make_run(status=RunStatus.FAILED)
    slip = {"act": "delete", "ids": [str(failed.pk)], "dryrun": True}

    for address, body, field in (
        (BULK, slip, "dryrun"),
        (RUNS, {"task": LABELS, "arguments": {"copies": 1}, "queue": "mail"}, "queue"),
        (limit, {"limit": 3, "most": 4}, "most"),
    ):
        answer = post(api, address, body)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {field})

    assert list(TaskRun.objects.all()) == [failed]
    assert not Gate.objects.exclude(max_running=None).exists()


def test_each_argument_that_is_wrong_is_named(api: Client) -> None:
    answer = post(api, RUNS, {"task": LABELS, "arguments": {"copies": "two", "colour": "red"}})

    assert set(answer.json()["errors"]["arguments"]) == {"copies", "colour"}


def test_a_failed_run_is_retried_and_succeeds(api: Client) -> None:
    run = make_run(status=RunStatus.FAILED, finished_at=now())

    assert post(api, of("retry", run)).json()["status"] == "READY"

    run_due()
    assert status_of(run) == RunStatus.SUCCESSFUL
    assert post(api, of("retry", run)).status_code == 409


def test_a_scheduled_run_is_run_now_once(api: Client) -> None:
    later = now() + timedelta(days=1)
    run = make_run(status=RunStatus.SCHEDULED, run_at=later, attempt=2, spent=2, max_attempts=3)

    found = post(api, of("promote", run)).json()

    assert (found["status"], found["attempt"], found["spent"]) == ("READY", 2, 2)
    assert datetime.fromisoformat(found["run_at"]) < later
    assert post(api, of("promote", run)).status_code == 409
    run_due()
    assert status_of(run) == RunStatus.SUCCESSFUL


def test_a_retry_that_clashes_is_a_conflict(api: Client) -> None:
    run = make_run(status=RunStatus.FAILED, unique_key="order 7")
    make_run(unique_key="order 7")

    answer = post(api, of("retry", run))

    assert answer.status_code == 409
    assert "unique key" in answer.json()["detail"]
    assert status_of(run) == RunStatus.FAILED


def test_a_clash_tells_its_key_only_to_who_may_see_arguments() -> None:
    run = make_run(status=RunStatus.FAILED, unique_key="canary")
    make_run(unique_key="canary")
    body = {"act": "retry", "ids": [str(run.pk)]}
    sees, sees_not = member(*need.OPERATING), member(*set(need.OPERATING) - {need.VIEW_ARGUMENTS})

    assert post(sees, BULK, body).json()["clashing"] == ["canary"]
    assert post(sees_not, BULK, body).json()["clashing"] == [MASK]
    for name in ("retry", "again"):
        assert "canary" not in post(sees_not, of(name, run)).text


def test_a_run_is_run_again_as_a_new_one(api: Client) -> None:
    run = make_run(status=RunStatus.FAILED, arguments='{"args":[3,4],"kwargs":{}}')

    answer = post(api, of("again", run))

    assert answer.status_code == 201
    run_due()
    assert api.get(answer.headers["Location"]).json()["return_value"] == 7
    assert status_of(run) == RunStatus.FAILED
    assert post(api, of("again", make_run(name="nowhere.task"))).status_code == 409


def test_a_run_is_cancelled_once(api: Client) -> None:
    (running, _), waiting = make_held_run(), make_run()

    assert post(api, of("cancel", waiting)).json()["status"] == "CANCELLED"
    assert post(api, of("cancel", running)).json()["cancel_requested"] is True
    assert post(api, of("cancel", waiting)).status_code == 409
    assert post(api, of("cancel", running)).status_code == 409


def test_a_failed_run_is_deleted_and_a_live_one_is_not(api: Client) -> None:
    failed, live = make_run(status=RunStatus.FAILED), make_run()

    assert api.delete(of("run", failed)).status_code == 204
    assert api.delete(of("run", failed)).status_code == 404
    assert api.delete(of("run", live)).status_code == 409
    assert list(TaskRun.objects.all()) == [live]


def test_several_are_retried_at_once_or_only_counted(api: Client) -> None:
    failed = [make_run(status=RunStatus.FAILED) for _ in range(3)]
    live = make_run()
    body = {"act": "retry", "ids": [str(run.pk) for run in [*failed, live]]}

    counted = post(api, BULK, {**body, "dry_run": True}).json()
    assert (counted["count"], counted["dry_run"]) == (3, True)
    assert {status_of(run) for run in failed} == {RunStatus.FAILED}

    done = post(api, BULK, body)
    assert done.status_code == 200
    assert (done.json()["count"], done.json()["left"], done.json()["run_id"]) == (3, 1, None)
    assert {status_of(run) for run in failed} == {RunStatus.READY}


def test_all_that_match_are_retried_by_a_run(api: Client, operator: User) -> None:
    failed = [make_run(status=RunStatus.FAILED, queue="mail") for _ in range(3)]
    other = make_run(status=RunStatus.FAILED, queue="default")
    body = {"act": "retry", "all_matching": True}

    counted = post(api, f"{BULK}?queue=mail", {**body, "dry_run": True})
    assert (counted.status_code, counted.json()["count"]) == (200, 3)
    assert TaskRun.objects.count() == 4

    asked = post(api, f"{BULK}?queue=mail", body)
    assert (asked.status_code, asked.json()["count"], asked.json()["capped"]) == (202, 3, False)
    run = TaskRun.objects.get(pk=asked.json()["run_id"])
    run_due()

    assert status_of(run) == RunStatus.SUCCESSFUL
    assert {status_of(each) for each in failed} == {RunStatus.SUCCESSFUL}
    assert status_of(other) == RunStatus.FAILED
    assert LogEntry.objects.filter(user=operator, object_id__in=[r.pk for r in failed]).count() == 3


@pytest.mark.parametrize(
    ("query", "body", "field"),
    [
        ("", {"act": "explode", "all_matching": True}, "act"),
        ("", {"act": "retry"}, "ids"),
        ("", {"act": "retry", "all_matching": True, "ids": [str(uuid.uuid4())]}, "ids"),
        ("", {"act": "retry", "ids": ["7"]}, "ids"),
        ("", {"act": "retry", "ids": [str(uuid.UUID(int=n)) for n in range(501)]}, "ids"),
        ("", {"act": "delete", "all_matching": True, "dryrun": True}, "dryrun"),
        ("?queue=mail", {"act": "retry", "ids": [str(uuid.uuid4())]}, "queue"),
    ],
)
def test_a_bulk_request_that_makes_no_sense_does_nothing(
    api: Client, query: str, body: dict[str, Any], field: str
) -> None:
    answer = post(api, f"{BULK}{query}", body)

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}
    assert not TaskRun.objects.exists()


def test_a_run_leads_to_its_neighbours(api: Client, django_assert_max_num_queries: Any) -> None:
    result = chain(group([add.s(1, n) for n in range(3)]), add.s(2, 2)).enqueue()
    members: Any = result.steps[0]
    run = TaskRun.objects.filter(group_id=members.id).order_by("position").first()
    assert run is not None

    with django_assert_max_num_queries(10):
        related = api.get(of("related", run)).json()

    assert related["group"] == {"id": members.id, "total": 3, "done": 0, "failed": 0}
    assert len(related["members"]) == 3
    assert [each["id"] for each in related["after"]] == [result.last.id]
    last = api.get(reverse("tasks-api:related", args=[result.last.id])).json()
    assert [each["id"] for each in last["before"]] == [each["id"] for each in related["members"]]


def test_a_run_leads_to_what_enqueued_it_and_to_its_request_and_trace(api: Client) -> None:
    parent = make_run()
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    came_from = {"parent": str(parent.pk), "request_id": "c" * 32, "traceparent": trace}
    child, orphan = make_run(headers=json.dumps(came_from)), make_run()

    found = api.get(of("run", child)).json()

    assert (found["parent_id"], found["request_id"]) == (str(parent.pk), "c" * 32)
    assert found["traceparent"] == trace
    assert api.get(of("related", child)).json()["parent"]["id"] == str(parent.pk)
    assert api.get(of("run", orphan)).json()["parent_id"] == ""
    assert api.get(of("related", orphan)).json()["parent"] is None


def test_a_run_leads_to_its_schedule_and_to_others_that_failed_alike(api: Client) -> None:
    schedule = make_schedule()
    scheduled = TaskRun.objects.get(pk=service.run_schedule(schedule.name, by=None))
    alike = [make_run(status=RunStatus.FAILED, fingerprint="a" * 16) for _ in range(2)]
    make_run(status=RunStatus.FAILED, fingerprint="b" * 16)

    assert api.get(of("related", scheduled)).json()["same_failure"] == []
    same = api.get(of("related", alike[0])).json()["same_failure"]
    assert [each["id"] for each in same] == [str(alike[1].pk)]
    assert api.get(reverse("tasks-api:related", args=[uuid.uuid4()])).status_code == 404


def test_what_a_run_logged_is_read_in_order(api: Client) -> None:
    run = make_run()
    for attempt, position in ((1, 0), (1, 1), (2, 0)):
        LogLine.objects.create(
            run_id=run.pk,
            attempt=attempt,
            position=position,
            level=20,
            logger="shop",
            message=f"{attempt}.{position}",
            logged_at=now(),
        )

    def said(query: str) -> list[str]:
        return [line["message"] for line in api.get(f"{of('lines', run)}?{query}").json()]

    assert said("") == ["1.0", "1.1", "2.0"]
    assert said("attempt=1&after=0") == ["1.1"]
    assert said("limit=2") == ["1.0", "1.1"]
    for query in ("attempt=0", "attempt=99999999999", "limit=0", "after=x"):
        assert api.get(f"{of('lines', run)}?{query}").status_code == 400


def test_list_and_run_do_not_grow_with_what_they_show(
    api: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(60):
        make_run(errors=ERROR, status=RunStatus.FAILED)

    # The session, the user, the ids of the page, their rows.
    with django_assert_num_queries(4):
        assert len(found(api)) == 50
    make_worker()
