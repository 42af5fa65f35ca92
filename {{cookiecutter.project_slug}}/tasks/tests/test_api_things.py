"""Through the API numbers, queues, tasks, workers and schedules are seen and steered."""

import uuid
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_user
from tasks.ledger.clock import now
from tasks.models import Gate, RunStatus, Schedule, TaskRun, Wish, Worker
from tasks.tests.ended_factories import make_ended
from tasks.tests.factories import ADD, make_run, make_schedule, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client: Client) -> Client:
    client.force_login(make_user("ada@example.com", is_staff=True, is_superuser=True))
    return client


def at(name: str, *arguments: Any) -> str:
    return reverse(f"tasks-api:{name}", args=arguments)


def post(api: Client, address: str, body: Any = None) -> Any:
    return api.post(address, {} if body is None else body, content_type="application/json")


def test_statistics_are_those_of_the_window(api: Client) -> None:
    make_run(queue="mail")
    make_ended(now() - timedelta(minutes=5), queue="mail", status=RunStatus.FAILED)
    make_ended(now() - timedelta(hours=3), queue="mail")

    found = api.get(at("stats")).json()
    mail = next(part for part in found["parts"] if part["name"] == "mail")
    assert (mail["depth"]["ready"], mail["flow"]["failed"], mail["flow"]["successful"]) == (1, 1, 0)
    assert found["total"]["flow"]["failure_rate"] == 1

    longer = api.get(f"{at('stats')}?by=task&window={4 * 3600}").json()
    assert longer["total"]["flow"]["successful"] == 1
    assert ADD in [part["name"] for part in longer["parts"]]


@pytest.mark.parametrize(
    "query", ["by=colour", "window=59", "window=99999999999999999999", "window=x", "hours=1"]
)
def test_statistics_that_make_no_sense_are_refused(api: Client, query: str) -> None:
    answer = api.get(f"{at('stats')}?{query}")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {query.partition("=")[0]}


def test_a_timeline_leaves_nothing_out(api: Client) -> None:
    make_ended(now() - timedelta(minutes=30), queue="mail")

    found = api.get(at("timeline"), {"step": "minute"}).json()
    assert (found["step"], len(found["buckets"])) == (60, 60)
    assert sum(bucket["successful"] for bucket in found["buckets"]) == 1
    starts = [datetime.fromisoformat(bucket["starts_at"]) for bucket in found["buckets"]]
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(minutes=1)}
    assert len(api.get(at("timeline")).json()["buckets"]) == 24

    other = api.get(at("timeline"), {"step": "minute", "queue": "default"}).json()
    assert sum(bucket["successful"] for bucket in other["buckets"]) == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("step=second", "step"),
        ("since=x", "since"),
        ("since=2020-01-01T00:00:00Z", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("since=2999-01-01T00:00:00Z", "since"),
        ("until=9999-12-31T23:59:59-12:00", "until"),
        ("task=%00", "task"),
        ("days=7", "days"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(api: Client, query: str, field: str) -> None:
    answer = api.get(f"{at('timeline')}?{query}")

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {field}


def test_the_overview_shows_everything_in_few_queries(
    api: Client, django_assert_max_num_queries: Any
) -> None:
    make_ended(now() - timedelta(minutes=5))
    make_worker()
    schedule = make_schedule()
    Schedule.objects.exclude(pk=schedule.pk).update(enabled=False)
    post(api, at("task-pause", ADD))

    with django_assert_max_num_queries(16):
        found = api.get(at("overview")).json()

    assert found["total"]["flow"]["successful"] == 1
    assert [worker["health"] for worker in found["workers"]] == ["ok"]
    assert [each["name"] for each in found["schedules"]] == [schedule.name]
    assert list(found["paused_tasks"]) == [ADD]
    assert "default" in [queue["name"] for queue in found["queues"]]


def test_a_queue_is_paused_limited_and_resumed(api: Client) -> None:
    assert post(api, at("queue-pause", "mail")).json()["paused_at"] is not None
    assert post(api, at("queue-limit", "mail"), {"limit": 3}).json()["limit"] == 3
    gate = Gate.objects.get(name="mail")
    assert (gate.paused_at is not None, gate.max_running) == (True, 3)

    assert post(api, at("queue-resume", "mail")).json()["paused_at"] is None
    assert post(api, at("queue-limit", "mail"), {"limit": None}).json()["limit"] is None
    # To ask again for what is so already is no error.
    assert post(api, at("queue-resume", "mail")).status_code == 200


@pytest.mark.parametrize("limit", [0, -1, "x", 10**30, 1.5, [1]])
def test_a_limit_that_is_none_is_refused(api: Client, limit: Any) -> None:
    answer = post(api, at("queue-limit", "mail"), {"limit": limit})

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"limit"}
    assert not Gate.objects.exists()


@pytest.mark.parametrize("name", ["nowhere", "a/b", "ä", "x" * 300, "\x00", "a b"])
def test_a_queue_that_is_none_is_not_found(api: Client, name: str) -> None:
    assert api.get(at("queue", name)).status_code == 404
    assert post(api, at("queue-pause", name)).status_code == 404
    assert post(api, at("queue-resume", name)).status_code == 404
    assert post(api, at("queue-limit", name), {"limit": 1}).status_code == 404
    assert not Gate.objects.exists()


def test_a_queue_whose_name_holds_a_slash_is_found(api: Client) -> None:
    make_run(queue="mail/bulk")

    assert api.get(at("queue", "mail/bulk")).json()["depth"]["ready"] == 1
    assert post(api, at("queue-pause", "mail/bulk")).json()["paused_at"] is not None


def test_a_task_is_shown_paused_and_resumed(api: Client) -> None:
    make_run()
    name = "tasks.tests.sample.tasks.print_labels"

    assert api.get(at("task", ADD)).json()["depth"]["ready"] == 1
    shown = api.get(at("task", name)).json()
    assert (shown["is_manual"], shown["options"]) == (
        True,
        {"max_attempts": 1, "sensitive": ["pin"]},
    )
    size = next(each for each in shown["parameters"] if each["name"] == "size")
    assert (size["type"], size["default"]) == ("choice", "small")
    assert [choice["value"] for choice in size["choices"]] == ["small", "large"]
    assert {each["name"] for each in api.get(at("tasks")).json()} >= {ADD, name}

    assert post(api, at("task-pause", ADD)).json()["paused_at"] is not None
    assert post(api, at("task-resume", ADD)).json()["paused_at"] is None
    for stranger in ("os.system", "\x00"):
        for address in (at("task-pause", stranger), at("task-resume", stranger)):
            assert post(api, address).status_code == 404
        assert api.get(at("task", stranger)).status_code == 404


def test_a_worker_is_asked_to_rest_to_work_and_to_stop(api: Client) -> None:
    id_ = make_worker()

    assert api.get(at("worker", id_)).json()["wish"] == "WORK"
    for name, wish in (("quiet", Wish.QUIET), ("resume", Wish.WORK), ("stop", Wish.STOP)):
        assert post(api, at(f"worker-{name}", id_)).json()["wish"] == wish
        assert Worker.objects.get(pk=id_).wish == wish
    # What was asked to stop is not asked back.
    assert post(api, at("worker-resume", id_)).status_code == 409
    assert post(api, at("worker-stop", uuid.uuid4())).status_code == 404
    assert api.get(at("worker", uuid.uuid4())).status_code == 404


def test_a_schedule_is_run_paused_and_resumed(api: Client) -> None:
    schedule = make_schedule()

    ran = post(api, at("schedule-run", schedule.pk))
    assert ran.status_code == 201
    assert TaskRun.objects.get().pk == uuid.UUID(ran.json()["run_id"])
    assert ran.headers["Location"] == at("run", ran.json()["run_id"])
    assert post(api, at("schedule-pause", schedule.pk)).json()["enabled"] is False
    assert post(api, at("schedule-resume", schedule.pk)).json()["enabled"] is True
    shown = api.get(at("schedule", schedule.pk)).json()
    assert (shown["name"], shown["args"]) == (schedule.name, [1, 2])


def test_a_schedule_that_cannot_run_is_a_conflict(api: Client) -> None:
    schedule = make_schedule(task="nowhere.task")

    answer = post(api, at("schedule-run", schedule.pk))

    assert answer.status_code == 409
    assert "nowhere.task" in answer.json()["detail"]


@pytest.mark.parametrize("id_", [0, 10**30])
def test_a_schedule_that_is_none_is_not_found(api: Client, id_: int) -> None:
    assert api.get(at("schedule", id_)).status_code == 404
    for name in ("run", "pause", "resume"):
        assert post(api, at(f"schedule-{name}", id_)).status_code == 404


@pytest.mark.parametrize("name", ["tasks", "queues", "workers", "schedules"])
def test_lists_ask_no_more_the_longer_they_are(
    api: Client, name: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        make_worker()
        make_schedule()
        make_run(queue=f"queue {number}")

    # The session, the user, and at most seven: the numbers of a task are the most.
    with django_assert_max_num_queries(9):
        assert len(api.get(at(name)).json()) >= 5
