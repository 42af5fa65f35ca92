"""What a project's own tests stand on."""

from datetime import timedelta
from typing import Any, cast

import pytest
from django.tasks import task_backends
from django.tasks.base import TaskResultStatus

from tasks.backend import RecordBackend
from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.testing import assert_enqueued, assert_not_enqueued, run_due
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import (
    add,
    add_async,
    echo,
    fail_as,
    leave_mark,
    mark_atomically,
    once_per_order,
    stumble,
    tell_attempt,
)

pytestmark = pytest.mark.django_db


def test_everything_due_is_run_in_order() -> None:
    low, high = add.using(priority=-5).enqueue(1, 1), add.using(priority=5).enqueue(2, 2)
    mail = add.using(queue_name="mail").enqueue(3, 3)
    later = add.using(run_after=timedelta(hours=1)).enqueue(4, 4)

    runs = run_due()

    assert [str(run.id) for run in runs] == [high.id, mail.id, low.id]
    assert [run.result for run in runs] == [4, 6, 2]
    assert TaskRun.objects.get(pk=later.id).status == RunStatus.SCHEDULED


def test_nothing_due_is_nothing_run() -> None:
    assert run_due() == []


def test_a_retry_is_not_run_before_it_is_due() -> None:
    stumble.enqueue()

    assert [run.status for run in run_due()] == [RunStatus.SCHEDULED]
    assert run_due() == []


def test_effects_are_in_the_tests_own_transaction() -> None:
    leave_mark.enqueue("plain")
    mark_atomically.enqueue("atomic")

    run_due()

    assert set(Mark.objects.values_list("label", flat=True)) == {"plain", "atomic"}


def test_coroutines_are_run_too() -> None:
    add_async.enqueue(1, 2)

    assert [run.result for run in run_due()] == [3]


def test_queues_that_never_empty_are_an_error() -> None:
    for number in range(4):
        add.enqueue(number, number)

    with pytest.raises(RuntimeError, match="3 runs did not empty the queues"):
        run_due(most=3)


def test_no_worker_is_left_alive() -> None:
    run_due()

    assert not Worker.objects.filter(status=WorkerStatus.ALIVE).exists()


def test_what_was_enqueued_is_found() -> None:
    add.enqueue(1, right=2)
    newest = add.enqueue(1, right=2)

    assert str(assert_enqueued(add, 1, right=2).id) == newest.id


def test_what_was_not_enqueued_is_told_with_what_was() -> None:
    add.enqueue(1, 2)

    with pytest.raises(AssertionError, match=r"add\(\*\[3, 4\].*was not enqueued.*\*\[1, 2\]"):
        assert_enqueued(add, 3, 4)
    with pytest.raises(AssertionError, match="was enqueued 1 times"):
        assert_not_enqueued(add)
    assert_not_enqueued(echo)


def test_of_nothing_nothing_is_told() -> None:
    with pytest.raises(AssertionError, match="no runs"):
        assert_enqueued(add, 1, 2)


@pytest.mark.usefixtures("immediate")
def test_the_immediate_backend_runs_tasks_with_our_options() -> None:
    assert add.enqueue(1, 2).return_value == 3
    assert once_per_order.using(priority=5, max_attempts=2).enqueue(7).return_value == 7
    assert mark_atomically.enqueue("done").status == TaskResultStatus.SUCCESSFUL
    assert fail_as.enqueue("value").status == TaskResultStatus.FAILED
    assert not TaskRun.objects.exists()


@pytest.mark.usefixtures("immediate")
def test_the_immediate_backend_gives_a_context() -> None:
    assert tell_attempt.enqueue().return_value == 1


@pytest.mark.usefixtures("immediate")
def test_the_immediate_backend_runs_many() -> None:
    results: list[Any] = enqueue_many(add, [((1, 2), {}), ((3,), {"right": 4})])

    assert [result.return_value for result in results] == [3, 7]


@pytest.mark.usefixtures("dummy")
def test_the_dummy_backend_records_tasks_with_our_options() -> None:
    later = once_per_order.using(run_after=timedelta(hours=1), unique_key="k")
    later.enqueue(7)
    enqueue_many(add, [((1, 2), {}), ((3, 4), {})])

    recorded: list[Any] = cast(RecordBackend, task_backends["default"]).results
    assert [result.args for result in recorded] == [[7], [1, 2], [3, 4]]
    assert recorded[0].task == later
    assert not TaskRun.objects.exists()
