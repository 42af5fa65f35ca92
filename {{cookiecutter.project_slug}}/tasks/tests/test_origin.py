"""A run knows the request and the trace that it belongs to, and so do the runs that it enqueues."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tasks.control.reading import WholeRun
from tasks.enqueue import enqueue_many
from tasks.models import TaskRun
from tasks.origin import Origin, log_context, origin
from tasks.schedules.enqueueing import enqueue_ticks
from tasks.testing import run_due
from tasks.tests.factories import make_run, make_schedule
from tasks.tests.sample.tasks import add, hand_on
from tasks.workflows import chain

pytestmark = pytest.mark.django_db

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def asked() -> Iterator[None]:
    """Enqueue on behalf of a request."""
    token = origin.set(Origin(request_id="request-1", traceparent=TRACE))
    yield
    origin.reset(token)


def shown(run: TaskRun) -> tuple[str, str, str]:
    whole = WholeRun.of(run)
    return whole.request_id, whole.traceparent, whole.parent_id


def test_a_run_of_no_request_has_no_headers() -> None:
    add.enqueue(1, 2)

    run = TaskRun.objects.get()
    assert run.headers is None
    assert shown(run) == ("", "", "")


def test_the_request_travels_from_run_to_run(asked: None) -> None:
    hand_on.enqueue(2)
    token = origin.set(None)
    first, second, third = run_due()
    origin.reset(token)

    assert shown(first) == ("request-1", TRACE, "")
    assert shown(second) == ("request-1", TRACE, str(first.pk))
    assert shown(third) == ("request-1", TRACE, str(second.pk))


def test_many_calls_and_workflows_take_it_along(asked: None) -> None:
    enqueue_many(add, [((1, 2), {}), ((3, 4), {})])
    chain(add.si(1, 2), add.s(3)).enqueue()

    assert {shown(run) for run in TaskRun.objects.all()} == {("request-1", TRACE, "")}
    assert TaskRun.objects.count() == 4


def test_a_tick_stands_beside_it_and_does_not_travel_on(asked: None) -> None:
    schedule = make_schedule(task=hand_on.module_path, arguments='{"args":[1],"kwargs":{}}')
    tick = datetime(2026, 3, 1, 12, tzinfo=UTC)

    enqueue_ticks(schedule, [tick])
    first, second = run_due()

    assert shown(first) == ("request-1", TRACE, "")
    assert json.loads(first.headers or "")["tick"] == tick.isoformat()
    assert "tick" not in (second.headers or "")


@pytest.mark.parametrize("headers", ["", "null", "[]", "not JSON", '{"request_id":5}', "[" * 9999])
def test_headers_that_somebody_spoilt_are_read_all_the_same(headers: str) -> None:
    run = make_run(headers=headers)

    assert shown(run)[1:] == ("", "")


def test_a_record_of_a_request_says_which(asked: None) -> None:
    assert log_context() == {
        "request_id": "request-1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
