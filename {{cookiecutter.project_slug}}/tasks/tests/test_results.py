"""A result is what the row says, and can be waited for."""

import asyncio
import threading
import uuid
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.db.models.functions import Now
from django.tasks.base import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist, TaskResultMismatch

from tasks import ledger
from tasks.errors import TaskCancelled, UnknownTask, WaitTimeout
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.factories import make_run
from tasks.tests.sample.tasks import Hopeless, Stumble, add, echo, give_up, stumble, tell_attempt

pytestmark = pytest.mark.django_db


def test_a_result_can_be_read_again_by_its_id() -> None:
    result = add.enqueue(1, 2)

    again = add.get_result(result.id)

    assert again == result
    assert again.task == add


def test_an_id_that_nobody_has_does_not_exist() -> None:
    for id_ in (str(uuid.uuid4()), "", "not an id", "'; DROP TABLE tasks_taskrun; --", "\x00"):
        with pytest.raises(TaskResultDoesNotExist):
            add.get_result(id_)


def test_a_result_of_another_task_is_a_mismatch() -> None:
    result = add.enqueue(1, 2)

    with pytest.raises(TaskResultMismatch):
        echo.get_result(result.id)


def test_a_result_of_a_task_that_is_gone_says_so() -> None:
    run = make_run(name="shop.tasks.removed")

    with pytest.raises(UnknownTask, match=r"shop\.tasks\.removed"):
        add.get_result(str(run.id))


def test_refreshing_tells_of_success() -> None:
    result = add.enqueue(1, 2)
    with pytest.raises(ValueError, match="not finished"):
        _ = result.return_value

    run_due()
    assert result.status == TaskResultStatus.READY
    result.refresh()

    assert (result.status, result.return_value) == (TaskResultStatus.SUCCESSFUL, 3)
    assert (result.is_finished, result.attempts, result.errors) == (True, 1, [])
    assert result.enqueued_at is not None
    assert result.started_at is not None
    assert result.finished_at is not None
    assert result.enqueued_at <= result.started_at <= result.finished_at
    assert result.last_attempted_at == result.started_at


def test_refreshing_tells_of_failure() -> None:
    result = give_up.enqueue("hopeless")

    run_due()
    result.refresh()

    assert result.status == TaskResultStatus.FAILED
    (error,) = result.errors
    assert error.exception_class is Hopeless
    assert 'raise {"stumble": Stumble, "hopeless": Hopeless}[kind](kind)' in error.traceback
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value


def test_a_run_between_two_attempts_is_ready_and_shows_its_error() -> None:
    result = stumble.enqueue()

    run_due()
    result.refresh()

    assert (result.status, result.attempts) == (TaskResultStatus.READY, 1)
    assert [error.exception_class for error in result.errors] == [Stumble]


def test_every_attempt_counts() -> None:
    result = stumble.enqueue()
    for attempts in (1, 2, 3):
        TaskRun.objects.update(run_at=Now())
        run_due()
        result.refresh()
        assert (result.attempts, len(result.errors)) == (attempts, attempts)

    assert result.status == TaskResultStatus.FAILED


def test_the_body_knows_which_attempt_it_is() -> None:
    result = tell_attempt.enqueue()

    run_due()
    result.refresh()

    assert result.return_value == 1


def test_a_cancelled_run_shows_as_failed_with_the_reason() -> None:
    result = add.enqueue(1, 2)

    ledger.cancel([uuid.UUID(result.id)])
    result.refresh()

    assert result.status == TaskResultStatus.FAILED
    assert [error.exception_class for error in result.errors] == [TaskCancelled]


def test_results_are_read_by_coroutines_too() -> None:
    result = add.enqueue(1, 2)

    async def read() -> Any:
        again = await add.aget_result(result.id)
        await again.arefresh()
        return again

    assert async_to_sync(read)() == result


def test_deleting_the_row_is_told_at_the_next_look() -> None:
    result = add.enqueue(1, 2)
    TaskRun.objects.all().delete()

    with pytest.raises(TaskResultDoesNotExist):
        result.refresh()


def test_waiting_inside_a_transaction_is_refused() -> None:
    result = add.enqueue(1, 2)

    with transaction.atomic(), pytest.raises(RuntimeError, match="leave the atomic block first"):
        result.wait(timeout=1)


def finish_soon(run_id: str, *, once: threading.Event | None = None) -> threading.Thread:
    """End a run from another thread, as a worker would: in a moment, or once that is so."""

    def finish() -> None:
        (once or threading.Event()).wait(20 if once else 0.1)
        TaskRun.objects.filter(pk=run_id).update(status=RunStatus.SUCCESSFUL, return_value="3")
        connection.close()

    thread = threading.Thread(target=finish)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_waiting_ends_with_the_run() -> None:
    result = add.enqueue(1, 2)
    thread = finish_soon(result.id)

    assert result.wait(timeout=20) is result
    thread.join()

    assert result.return_value == 3


@pytest.mark.django_db(transaction=True)
def test_coroutines_wait_without_blocking_others() -> None:
    result = add.enqueue(1, 2)
    others_went_on = threading.Event()
    thread = finish_soon(result.id, once=others_went_on)

    async def turn() -> None:
        for _ in range(3):
            await asyncio.sleep(0.01)
        others_went_on.set()

    async def wait() -> None:
        other = asyncio.create_task(turn())
        assert await result.wait_async(timeout=10) is result
        await other

    async_to_sync(wait)()
    thread.join()

    assert result.return_value == 3
    assert others_went_on.is_set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("timeout", [0, 0.05])
def test_patience_ends(timeout: float) -> None:
    result = add.enqueue(1, 2)

    with pytest.raises(WaitTimeout, match=r"Run .*\.add is READY .* nothing paused"):
        result.wait(timeout=timeout)
    with pytest.raises(TimeoutError):
        async_to_sync(result.wait_async)(timeout=timeout)


@pytest.mark.django_db(transaction=True)
def test_who_has_no_patience_still_gets_one_look() -> None:
    result = add.enqueue(1, 2)
    run_due()

    assert result.wait(timeout=0).return_value == 3


def test_what_has_ended_is_not_waited_for() -> None:
    result = add.enqueue(1, 2)
    run_due()
    result.refresh()

    # Even inside a transaction.
    assert result.wait(timeout=0).return_value == 3
