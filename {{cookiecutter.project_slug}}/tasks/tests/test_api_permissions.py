"""Every address of the API asks for the permissions that the admin asks for, and asks first."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.models import User
from accounts.tests.factories import make_user
from tasks import permissions as need
from tasks.api.base import TaskView
from tasks.api.urls import urlpatterns
from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import ADD, make_run, make_schedule, make_worker

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

BULK = {"act": "retry", "all_matching": True, "dry_run": True}
LABELS = {"task": "tasks.tests.sample.tasks.print_labels", "arguments": {"copies": 1}}

# (name, method, status for who may, permissions)
EVERYTHING: list[tuple[str, str, int, tuple[str, ...]]] = [
    ("runs", "GET", 200, (need.VIEW_RUNS,)),
    ("runs", "POST", 201, (need.VIEW_RUNS, need.ENQUEUE_RUNS)),
    ("bulk", "POST", 200, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("run", "GET", 200, (need.VIEW_RUNS,)),
    ("run", "DELETE", 204, (need.VIEW_RUNS, need.DELETE_RUNS)),
    ("related", "GET", 200, (need.VIEW_RUNS,)),
    ("lines", "GET", 200, (need.VIEW_RUNS, need.VIEW_ARGUMENTS)),
    ("retry", "POST", 200, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("promote", "POST", 409, (need.VIEW_RUNS, need.RETRY_RUNS)),
    ("cancel", "POST", 409, (need.VIEW_RUNS, need.CANCEL_RUNS)),
    ("again", "POST", 201, (need.VIEW_RUNS, need.ENQUEUE_RUNS)),
    ("stats", "GET", 200, (need.VIEW_RUNS,)),
    ("timeline", "GET", 200, (need.VIEW_RUNS,)),
    (
        "overview",
        "GET",
        200,
        (need.VIEW_RUNS, need.VIEW_GATES, need.VIEW_WORKERS, need.VIEW_SCHEDULES),
    ),
    ("tasks", "GET", 200, (need.VIEW_RUNS,)),
    ("task", "GET", 200, (need.VIEW_RUNS,)),
    ("task-pause", "POST", 200, (need.VIEW_GATES, need.PAUSE_GATES)),
    ("task-resume", "POST", 200, (need.VIEW_GATES, need.PAUSE_GATES)),
    ("queues", "GET", 200, (need.VIEW_GATES,)),
    ("queue", "GET", 200, (need.VIEW_GATES,)),
    ("queue-pause", "POST", 200, (need.VIEW_GATES, need.PAUSE_GATES)),
    ("queue-resume", "POST", 200, (need.VIEW_GATES, need.PAUSE_GATES)),
    ("queue-limit", "POST", 200, (need.VIEW_GATES, need.LIMIT_GATES)),
    ("workers", "GET", 200, (need.VIEW_WORKERS,)),
    ("worker", "GET", 200, (need.VIEW_WORKERS,)),
    ("worker-quiet", "POST", 200, (need.VIEW_WORKERS, need.CONTROL_WORKERS)),
    ("worker-resume", "POST", 200, (need.VIEW_WORKERS, need.CONTROL_WORKERS)),
    ("worker-stop", "POST", 200, (need.VIEW_WORKERS, need.CONTROL_WORKERS)),
    ("schedules", "GET", 200, (need.VIEW_SCHEDULES,)),
    ("schedule", "GET", 200, (need.VIEW_SCHEDULES,)),
    ("schedule-run", "POST", 201, (need.VIEW_SCHEDULES, need.RUN_SCHEDULES)),
    ("schedule-pause", "POST", 200, (need.VIEW_SCHEDULES, need.SWITCH_SCHEDULES)),
    ("schedule-resume", "POST", 200, (need.VIEW_SCHEDULES, need.SWITCH_SCHEDULES)),
]
IDS = [f"{method} {name}" for name, method, *_ in EVERYTHING]
BODIES: dict[str, Any] = {"bulk": BULK, "runs": LABELS, "queue-limit": {"limit": 3}}


@pytest.fixture
def addresses() -> dict[str, list[Any]]:
    """What the addresses name: each thing is there."""
    run = make_run(status=RunStatus.FAILED)
    return {
        "run": [run.pk],
        "task": [ADD],
        "queue": ["default"],
        "worker": [make_worker()],
        "schedule": [make_schedule().pk],
    }


def ask(client: Client, name: str, method: str, addresses: dict[str, list[Any]]) -> int:
    of_runs = ("related", "lines", "retry", "promote", "cancel", "again")
    arguments = addresses.get("run" if name in of_runs else name.partition("-")[0], [])
    address = reverse(f"tasks-api:{name}", args=arguments)
    body = json.dumps(BODIES.get(name, {})) if method == "POST" else ""
    return client.generic(method, address, body, content_type="application/json").status_code


def member(*permissions: str, is_staff: bool = True) -> Client:
    user = make_user(is_staff=is_staff)
    for each in permissions:
        app, codename = each.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    client = Client()
    client.force_login(user)
    return client


def every_method() -> Iterator[tuple[str, str]]:
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view: type[TaskView] = pattern.callback.view_class  # type: ignore[attr-defined]
        yield from ((str(pattern.name), method) for method in view.needs)


def test_nothing_is_left_out() -> None:
    assert sorted(every_method()) == sorted((name, method) for name, method, *_ in EVERYTHING)


@pytest.mark.parametrize(("name", "method", "status", "permissions"), EVERYTHING, ids=IDS)
def test_who_may_may_and_nobody_else(
    name: str,
    method: str,
    status: int,
    permissions: tuple[str, ...],
    addresses: dict[str, list[Any]],
) -> None:
    every = set(need.OPERATING)
    anonymous, customer = Client(), member(is_staff=False)

    assert ask(anonymous, name, method, addresses) == 401
    assert ask(customer, name, method, addresses) == 403
    # A customer who was given permissions by mistake, and has no business in the admin either.
    assert ask(member(*every, is_staff=False), name, method, addresses) == 403
    assert ask(member(), name, method, addresses) == 403
    for missing in permissions:
        assert ask(member(*(every - {missing})), name, method, addresses) == 403, missing
    assert ask(member(*permissions), name, method, addresses) == status


@pytest.mark.parametrize(
    ("act", "permission"),
    [
        ("retry", need.RETRY_RUNS),
        ("promote", need.RETRY_RUNS),
        ("cancel", need.CANCEL_RUNS),
        ("delete", need.DELETE_RUNS),
    ],
)
@pytest.mark.parametrize("which", ["ids", "all"])
def test_bulk_asks_for_the_permission_of_what_is_done(
    act: str, permission: str, which: str
) -> None:
    run = make_run(status=RunStatus.FAILED)
    body: dict[str, Any] = {"act": act}
    body |= {"ids": [str(run.pk)]} if which == "ids" else {"all_matching": True}
    address = reverse("tasks-api:bulk")

    without = member(*(set(need.OPERATING) - {permission}))
    refused = without.post(address, body, content_type="application/json")

    assert refused.status_code == 403
    assert TaskRun.objects.count() == 1
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    allowed = member(need.VIEW_RUNS, permission).post(
        address, body, content_type="application/json"
    )
    assert allowed.status_code in (200, 202)


def test_a_session_needs_a_csrf_token_for_whatever_writes(addresses: dict[str, list[Any]]) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(make_user(is_staff=True, is_superuser=True))
    writes = [(name, method) for name, method, *_ in EVERYTHING if method != "GET"]

    assert len(writes) > 10
    for name, method in writes:
        assert ask(careful, name, method, addresses) == 403, name


def test_who_may_not_does_not_learn_what_there_is() -> None:
    make_run()
    stranger = member()

    for id_ in (TaskRun.objects.get().pk, uuid.uuid4()):
        assert stranger.get(reverse("tasks-api:run", args=[id_])).status_code == 403


def test_an_inactive_user_may_nothing() -> None:
    client = member(*need.OPERATING)
    User.objects.update(is_active=False)

    assert client.get(reverse("tasks-api:runs")).status_code == 401
