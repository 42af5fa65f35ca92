"""The dashboard: right numbers, few queries, few bytes, and only for those who may look."""

import json
import random
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tasks.control.overview import WINDOWS
from tasks.ledger.clock import now
from tasks.models import Gate, GateKind, RunStatus, Schedule
from tasks.statistics.rollups import HOUR, roll_up
from tasks.tests.admin_factories import CANARY, failure, make_run, make_worker, staff
from tasks.tests.ended_factories import make_ended, make_many_ended

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

INDEX, FRAGMENT = reverse("admin:index"), reverse("admin:tasks_dashboard")
LIVE = {"HX-Request": "true", "HX-Target": "tasks-live"}
EVERYTHING = ("view_taskrun", "view_gate", "view_worker", "view_schedule")
MOST_BYTES = 12_000


def refresh(client: Client, window: str = "hour") -> str:
    answer = client.get(FRAGMENT, {"window": window, "every": "5"}, headers=LIVE)
    assert answer.status_code == 200
    content: str = answer.content.decode()
    return content


def series(content: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="tasks-series">(.*?)</script>', content)
    assert found
    values: dict[str, Any] = json.loads(found[1])
    return values


def make_everything() -> None:
    make_many_ended(300, since=now() - 20 * HOUR, until=now(), source=random.Random(1))
    for number in range(12):
        worker = make_worker(host=f"worker-{number}.example.com")
        make_run(RunStatus.RUNNING, worker_id=worker.pk, attempted_at=now(), queue=f"q{number}")
        make_ended(now(), status=RunStatus.FAILED, fingerprint=f"kind{number}", errors=failure())
        Schedule.objects.create(
            name=f"shop.tasks.job_{number}", task="t", every_seconds=60, next_at=now()
        )
    Gate.objects.create(kind=GateKind.QUEUE, name="mail", paused_at=now())
    while roll_up():
        pass


@pytest.mark.parametrize("window", WINDOWS)
def test_a_refresh_takes_at_most_ten_queries_and_twelve_kilobytes(
    window: str, django_assert_max_num_queries: Any
) -> None:
    make_everything()
    client = staff(*EVERYTHING)
    refresh(client, window)

    with django_assert_max_num_queries(10):
        content = refresh(client, window)

    assert len(content.encode()) <= MOST_BYTES


def test_it_is_the_first_page_and_shows_what_there_is(admin_client: Client) -> None:
    make_everything()

    content = admin_client.get(INDEX).content.decode()

    for text in (
        "Processed",
        "Failure rate",
        "mail",
        "Paused",
        "worker-1.example.com",
        "PrinterJam",
    ):
        assert text in content
    assert 'data-url="/admin/tasks/dashboard/"' in content
    found = series(content)
    assert len(found["ok"]) == len(found["run95"]) == 60
    assert sum(found["failed"]) >= 12


def test_what_fails_between_two_refreshes_is_in_the_second(admin_client: Client) -> None:
    before = series(refresh(admin_client))
    make_ended(now(), status=RunStatus.FAILED, fingerprint="new", errors=failure())

    after = refresh(admin_client)

    assert sum(series(after)["failed"]) == sum(before["failed"]) + 1
    assert "PrinterJam" in after


def test_it_compares_with_the_window_before(admin_client: Client) -> None:
    for minutes in (10, 20, 80):
        make_ended(now() - timedelta(minutes=minutes))

    assert "+100 % (before: 1)" in refresh(admin_client)


def test_without_its_script_one_gets_the_whole_page(admin_client: Client) -> None:
    answer = admin_client.get(FRAGMENT, {"window": "day"})

    assert answer["Location"] == f"{INDEX}?window=day"


@pytest.mark.parametrize("query", ["window=month", "every=1", "every=-5", "every=%00", "window="])
def test_nonsense_in_the_address_is_the_usual(admin_client: Client, query: str) -> None:
    live = admin_client.get(f"{INDEX}?{query}").context["live"]

    assert (live.window, live.every) == ("hour", 5)


def test_each_part_is_for_those_who_may_see_it() -> None:
    assert staff().get(FRAGMENT, headers=LIVE).status_code == 403
    assert "tasks-live" not in staff().get(INDEX).content.decode()
    make_everything()

    content = refresh(staff("view_taskrun"))

    assert "Processed" in content
    for text in ("All queues", "All workers", "All schedules", "worker-1"):
        assert text not in content


def test_nobody_else_gets_any_of_it(client: Client) -> None:
    answer = client.get(FRAGMENT, headers=LIVE)

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


def test_no_name_becomes_markup(admin_client: Client) -> None:
    make_run(RunStatus.RUNNING, queue=CANARY, name=CANARY, worker_id=make_worker(host=CANARY).pk)
    make_ended(
        now(),
        name=CANARY,
        queue=CANARY,
        status=RunStatus.FAILED,
        fingerprint="canary",
        errors=failure(exception_class_path=CANARY),
    )
    Schedule.objects.create(name=CANARY, task="t", every_seconds=60, next_at=now())

    content = refresh(admin_client)

    assert "canary(" in content
    assert CANARY not in content
