"""A call becomes a row in the caller's transaction: all of it or nothing of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.tasks import default_task_backend
from django.tasks.base import TaskResultStatus
from django.tasks.signals import task_enqueued
from django.utils import timezone

from tasks.backend import LedgerBackend
from tasks.engine import engine
from tasks.enqueue import aenqueue_many, enqueue_many
from tasks.errors import ArgumentsNotJSON, ArgumentsTooLarge
from tasks.models import RunStatus, TaskRun
from tasks.results import RunResult
from tasks.tests.factories import make_held_run
from tasks.tests.sample.tasks import (
    add,
    echo,
    glance,
    once_per_arguments,
    once_per_order,
    stumble,
)

pytestmark = pytest.mark.django_db


def only_run() -> TaskRun:
    return TaskRun.objects.get()


def test_a_call_is_a_row() -> None:
    result = add.enqueue(1, right=2)

    run = only_run()
    assert str(run.id) == result.id
    assert run.name == "tasks.tests.sample.tasks.add"
    assert (run.args, run.kwargs) == ([1], {"right": 2})
    assert (run.status, run.queue, run.priority) == (RunStatus.READY, "default", 0)
    assert (run.attempt, run.spent, run.crashes, run.max_attempts) == (0, 0, 0, 8)
    assert run.started_at is None
    assert run.unique_key is None


def test_a_call_that_may_be_lost_is_tried_once_where_it_has_a_row() -> None:
    glance.using(run_after=timedelta(hours=1)).enqueue("later")

    assert only_run().max_attempts == 1


def test_the_caller_gets_a_result() -> None:
    result = add.enqueue(1, 2)

    assert isinstance(result, RunResult)
    assert result.status == TaskResultStatus.READY
    assert (result.args, result.kwargs) == ([1, 2], {})
    assert result.enqueued_at is not None
    assert abs(result.enqueued_at - timezone.now()) < timedelta(minutes=1)
    assert result.attempts == 0


def test_what_a_call_says_is_stored() -> None:
    stumble.using(priority=9, queue_name="slow", max_attempts=2, unique_key="one").enqueue()

    run = only_run()
    assert (run.priority, run.queue, run.max_attempts) == (9, "slow", 2)
    assert run.unique_key == "tasks.tests.sample.tasks.stumble:one"


def test_a_later_call_is_scheduled() -> None:
    at = timezone.now() + timedelta(hours=1)

    add.using(run_after=at).enqueue(1, 2)

    assert (only_run().status, only_run().run_at) == (RunStatus.SCHEDULED, at)


def test_a_call_for_the_past_is_ready() -> None:
    add.using(run_after=timedelta(seconds=-5)).enqueue(1, 2)

    assert only_run().status == RunStatus.READY


def test_a_rollback_leaves_nothing() -> None:
    with transaction.atomic():
        add.enqueue(1, 2)
        once_per_order.enqueue(7)
        enqueue_many(add, [((1, 2), {})])
        transaction.set_rollback(True)

    assert not TaskRun.objects.exists()


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (object(), ArgumentsNotJSON),
        (float("nan"), ArgumentsNotJSON),
        ({1: 2}, ArgumentsNotJSON),
        ("x" * 70_000, ArgumentsTooLarge),
    ],
    ids=["object", "nan", "key", "large"],
)
def test_a_refused_call_leaves_the_callers_transaction_intact(
    value: Any, error: type[Exception]
) -> None:
    with transaction.atomic():
        add.enqueue(1, 2)
        for enqueue in (echo.enqueue, once_per_arguments.enqueue):
            with pytest.raises(error):
                enqueue(value)
        with pytest.raises(error):
            enqueue_many(echo, [(("fine",), {}), ((value,), {})])
        echo.enqueue("afterwards")

    assert [run.args for run in TaskRun.objects.order_by("id")] == [[1, 2], ["afterwards"]]


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800", "🎂", "\u2028"], ids=ascii)
def test_text_that_databases_dislike_comes_back_exactly(text: str) -> None:
    result = echo.enqueue(text)

    assert only_run().args == [text]
    assert echo.get_result(result.id).args == [text]


@pytest.mark.parametrize(
    "text", ["nul \x00", "half \ud800", "x" * 5000], ids=["nul", "half", "long"]
)
def test_a_key_made_of_such_text_still_works(text: str) -> None:
    with transaction.atomic():
        first = once_per_order.enqueue(text)  # type: ignore[arg-type]
        again = once_per_order.enqueue(text)  # type: ignore[arg-type]
        other = once_per_order.enqueue(text + "!")  # type: ignore[arg-type]

    assert first.id == again.id != other.id


def test_many_calls_are_stored_in_order() -> None:
    results = enqueue_many(add, [((number, 1), {}) for number in range(600)])

    runs = TaskRun.objects.order_by("id")
    assert [run.args[0] for run in runs] == list(range(600))
    assert [result.id for result in results] == [str(run.id) for run in runs]


def test_many_calls_take_few_statements(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        enqueue_many(add, [((number, 1), {}) for number in range(1000)])


def test_many_calls_may_have_keys() -> None:
    first, again, other = enqueue_many(
        once_per_order, [((1,), {}), ((1,), {"note": "again"}), ((2,), {})]
    )

    assert first.id == again.id != other.id
    assert TaskRun.objects.count() == 2


def test_many_calls_for_later_are_scheduled() -> None:
    enqueue_many(add.using(run_after=timedelta(hours=1)), [((1, 2), {}), ((3, 4), {})])

    assert {run.status for run in TaskRun.objects.all()} == {RunStatus.SCHEDULED}


def test_no_calls_are_no_rows() -> None:
    assert enqueue_many(add, []) == []


@pytest.mark.django_db(transaction=True)
def test_coroutines_enqueue_too() -> None:
    async def enqueue() -> list[RunResult[..., Any]]:
        one: Any = await add.aenqueue(1, 2)
        return [one, *await aenqueue_many(add, [((3, 4), {})])]

    results = async_to_sync(enqueue)()

    assert [result.args for result in results] == [[1, 2], [3, 4]]
    assert TaskRun.objects.count() == 2


def test_enqueueing_again_returns_the_live_run() -> None:
    first = once_per_order.enqueue(7, note="first")
    again = once_per_order.enqueue(7, note="again")

    assert again.id == first.id
    assert again.kwargs == {"note": "first"}
    assert once_per_order.enqueue(8).id != first.id


def test_a_key_covers_what_is_scheduled_or_running() -> None:
    scheduled = once_per_order.using(run_after=timedelta(hours=1)).enqueue(1)
    assert once_per_order.enqueue(1).id == scheduled.id

    held, _ = make_held_run(unique_key="tasks.tests.sample.tasks.once_per_order:2")
    assert once_per_order.enqueue(2).id == str(held.id)


@pytest.mark.parametrize("end", [RunStatus.SUCCESSFUL, RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_key_is_free_when_its_run_has_ended(end: RunStatus) -> None:
    first = once_per_order.enqueue(7)
    TaskRun.objects.filter(pk=first.id).update(status=end, finished_at=timezone.now())

    assert once_per_order.enqueue(7).id != first.id


def test_the_arguments_themselves_can_be_the_key() -> None:
    first = once_per_arguments.enqueue(1, a=2, b=[3])

    assert once_per_arguments.enqueue(1, b=[3], a=2).id == first.id
    assert once_per_arguments.enqueue(1, a=2, b=[4]).id != first.id


def test_a_key_belongs_to_its_task() -> None:
    one = add.using(unique_key="same").enqueue(1, 2)
    other = echo.using(unique_key="same").enqueue(1)

    assert one.id != other.id


def test_the_live_run_is_not_announced_again() -> None:
    announced = []

    def receive(sender: type, task_result: RunResult[..., Any], **_kwargs: Any) -> None:
        announced.append((sender, task_result.id))

    task_enqueued.connect(receive)
    try:
        first = once_per_order.enqueue(7)
        once_per_order.enqueue(7)
    finally:
        task_enqueued.disconnect(receive)

    assert announced == [(LedgerBackend, first.id)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("commits", [True, False])
def test_the_second_of_two_transactions_waits_for_the_first(*, commits: bool) -> None:
    inserted, waiting = threading.Event(), threading.Event()

    def first() -> str:
        try:
            with transaction.atomic():
                result = once_per_order.enqueue(7, note="first")
                inserted.set()
                assert waiting.wait(20)
                # The other is inside its INSERT by now, or just before it: right either way.
                threading.Event().wait(0.2)
                if not commits:
                    transaction.set_rollback(True)
            return result.id
        finally:
            connection.close()

    def second() -> str:
        try:
            assert inserted.wait(20)
            waiting.set()
            with transaction.atomic():
                return once_per_order.enqueue(7, note="second").id
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        one, other = (future.result(30) for future in (pool.submit(first), pool.submit(second)))

    assert (one == other) is commits
    assert only_run().kwargs == {"note": "first" if commits else "second"}


@pytest.mark.django_db(transaction=True)
def test_of_many_concurrent_calls_one_is_inserted() -> None:
    def call(_number: int) -> str:
        try:
            return once_per_order.enqueue(7).id
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(call, range(30)))

    assert ids == {str(only_run().id)}


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    rung: list[Any] = []
    monkeypatch.setattr(engine, "ring", lambda ids, _runs=(): rung.append(ids))
    return rung


def test_workers_are_rung_after_the_commit(
    rings: list[Any], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        result = add.enqueue(1, 2)
        assert rings == []

    assert [[str(id_) for id_ in ids] for ids in rings] == [[result.id]]


def test_nobody_is_rung_for_what_is_not_ready(
    rings: list[Any], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        add.using(run_after=timedelta(hours=1)).enqueue(1, 2)

    assert rings == []


@pytest.mark.django_db(transaction=True)
def test_a_ring_that_fails_is_no_error_to_the_caller(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    later: list[str] = []

    def broken(_ids: object, _runs: object = ()) -> None:
        raise OSError("the bell is broken")

    monkeypatch.setattr(engine, "ring", broken)

    with transaction.atomic():
        add.enqueue(1, 2)
        transaction.on_commit(lambda: later.append("the next hook ran"))

    assert only_run().status == RunStatus.READY
    assert later == ["the next hook ran"]
    assert "the bell is broken" in caplog.text


def test_the_backend_says_what_it_can_do() -> None:
    assert default_task_backend.supports_defer
    assert default_task_backend.supports_async_task
    assert default_task_backend.supports_get_result
    assert default_task_backend.supports_priority
