"""Every address of the admin's part for tasks asks who is there, and asks first."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from tasks import permissions as need
from tasks.models import Alert, LogLine, RunStatus, TaskRun
from tasks.tests.admin_factories import make_failed_run, make_run, make_worker, staff
from tasks.tests.factories import ADD, make_schedule

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

# (name, method, status for who may, permissions)
EVERYTHING: list[tuple[str, str, int, tuple[str, ...]]] = [
    ("tasks_taskrun_changelist", "GET", 200, (need.VIEW_RUNS,)),
    ("tasks_taskrun_change", "GET", 200, (need.VIEW_RUNS,)),
    ("tasks_taskrun_live", "GET", 200, (need.VIEW_RUNS,)),
    ("tasks_taskrun_history", "GET", 200, (need.VIEW_RUNS,)),
    ("tasks_taskrun_csv", "GET", 200, (need.VIEW_RUNS,)),
    ("tasks_taskrun_failures", "GET", 200, (need.VIEW_RUNS,)),
    ("tasks_taskrun_retry", "GET", 200, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("tasks_taskrun_retry", "POST", 302, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("tasks_taskrun_promote", "GET", 200, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("tasks_taskrun_promote", "POST", 302, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("tasks_taskrun_cancel", "GET", 200, (need.VIEW_RUNS, need.CANCEL_RUNS)),
    ("tasks_taskrun_cancel", "POST", 302, (need.VIEW_RUNS, need.CANCEL_RUNS)),
    ("tasks_taskrun_remove", "GET", 200, (need.VIEW_RUNS, need.DELETE_RUNS)),
    ("tasks_taskrun_remove", "POST", 302, (need.VIEW_RUNS, need.DELETE_RUNS)),
    ("tasks_taskrun_again", "GET", 200, (need.VIEW_RUNS, need.ENQUEUE_RUNS)),
    ("tasks_taskrun_again", "POST", 302, (need.VIEW_RUNS, need.ENQUEUE_RUNS)),
    ("tasks_taskrun_all", "GET", 200, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("tasks_taskrun_all", "POST", 302, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("tasks_worker_changelist", "GET", 200, (need.VIEW_WORKERS,)),
    ("tasks_schedule_changelist", "GET", 200, (need.VIEW_SCHEDULES,)),
    ("tasks_schedule_change", "GET", 200, (need.VIEW_SCHEDULES,)),
    ("tasks_schedule_add", "GET", 200, (need.ADD_SCHEDULES,)),
    ("tasks_schedule_delete", "GET", 200, (need.DELETE_SCHEDULES,)),
    ("tasks_schedule_run_now", "POST", 302, (need.VIEW_SCHEDULES, need.RUN_SCHEDULES)),
    ("tasks_alert_changelist", "GET", 200, (need.VIEW_ALERTS,)),
    ("admin_logentry_changelist", "GET", 200, (need.VIEW_AUDIT,)),
    ("admin_logentry_change", "GET", 200, (need.VIEW_AUDIT,)),
]
IDS = [f"{method} {name}" for name, method, *_ in EVERYTHING]
OURS = ("tasks_", "admin_logentry_")

type Things = dict[str, dict[str, Any]]


@pytest.fixture
def things() -> Things:
    """What the addresses name, by the names of their parameters and of their models."""
    run = make_failed_run(name=ADD, arguments='{"args":[1,2],"kwargs":{}}')
    schedule = make_schedule(enabled=False)
    person = get_user_model().objects.create_user("somebody@example.com")
    LogEntry.objects.log_actions(person.pk, [run], CHANGE, change_message="Retried.")
    alert = Alert.objects.create(rule="failed", key="x", title="x")
    worker = make_worker()
    ids = {
        "tasks_taskrun": run.pk,
        "tasks_schedule": schedule.pk,
        "tasks_worker": worker.pk,
        "tasks_alert": alert.pk,
        "admin_logentry": LogEntry.objects.get().pk,
    }
    return {"ids": ids, "others": {"id_": run.pk, "act": "retry", "name": ADD}}


def patterns(within: Any = None) -> Iterator[URLPattern]:
    for each in admin.site.urls[0] if within is None else within:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns)
        elif each.name and each.name.startswith(OURS):
            yield each


NAMES = sorted({str(pattern.name) for pattern in patterns()})


def address(name: str, things: Things) -> str:
    pattern = next(pattern for pattern in patterns() if pattern.name == name)
    owner = next((prefix for prefix in things["ids"] if name.startswith(prefix)), "")
    given = {"object_id": things["ids"].get(owner, 1), **things["others"]}
    wanted = {key: given[key] for key in pattern.pattern.converters}
    return reverse(f"admin:{name}", kwargs=wanted)


def ask(client: Client, name: str, method: str, things: Things) -> int:
    body = {"_form_submitted": "True"} if method == "POST" else {}
    ask_it = client.post if method == "POST" else client.get
    return ask_it(address(name, things), body).status_code


def codenames(permissions: tuple[str, ...]) -> list[str]:
    return [permission.partition(".")[2] for permission in permissions]


@pytest.mark.parametrize("name", NAMES)
def test_strangers_customers_and_staff_without_permission_get_nowhere(
    things: Things, name: str
) -> None:
    customer = Client()
    customer.force_login(get_user_model().objects.create_user("customer@example.com"))
    before = list(TaskRun.objects.values_list("pk", "status"))
    for method in ("GET", "POST"):
        for outsider in (Client(), customer):
            assert ask(outsider, name, method, things) == 302, f"{method} leads to the login"
        assert ask(staff(), name, method, things) in (403, 405), method
    assert list(TaskRun.objects.values_list("pk", "status")) == before
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize(("name", "method", "status", "permissions"), EVERYTHING, ids=IDS)
def test_each_address_wants_exactly_its_permissions(
    things: Things, name: str, method: str, status: int, permissions: tuple[str, ...]
) -> None:
    wanted = codenames(permissions)
    for missing in wanted:
        others = [each for each in wanted if each != missing]
        assert ask(staff(*others), name, method, things) == 403, f"without {missing}"

    assert ask(staff(*wanted), name, method, things) == status


def test_all_other_permissions_together_do_not_replace_the_one_that_is_asked_for(
    things: Things,
) -> None:
    every = set(codenames(need.OPERATING))
    for name, method, _status, permissions in EVERYTHING:
        if len(permissions) == 2:
            others = every - {permissions[-1].partition(".")[2]}
            assert ask(staff(*others), name, method, things) == 403, f"{method} {name}"


def test_what_the_table_names_is_there() -> None:
    assert {name for name, *_ in EVERYTHING} <= set(NAMES)


def test_log_lines_are_for_those_who_may_see_arguments(things: Things) -> None:
    run = make_run(RunStatus.RUNNING, attempt=1)
    LogLine.objects.create(
        run_id=run.pk,
        attempt=1,
        position=0,
        logged_at=run.enqueued_at,
        level=20,
        logger="shop",
        message="heard",
    )
    page = reverse("admin:tasks_taskrun_live", args=[run.pk])

    assert b"heard" not in staff("view_taskrun").get(page).content
    assert b"heard" in staff("view_taskrun", "view_arguments").get(page).content
