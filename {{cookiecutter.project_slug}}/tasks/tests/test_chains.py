"""A chain's steps run one after the other, each with the result of the one before."""

import uuid
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.db.models.functions import Now
from django.tasks.base import TaskResult
from django.tasks.signals import task_enqueued

from tasks import ledger
from tasks.errors import InvalidTaskOption, InvalidWorkflow, UniqueRunExists, WaitTimeout
from tasks.ledger import Outcome
from tasks.models import LIVE, RunStatus, TaskRun
from tasks.testing import run_due
from tasks.tests.factories import claim, lose_worker, make_worker, with_options
from tasks.tests.flows import finish, statuses, steps_of
from tasks.tests.sample.tasks import (
    add,
    add_async,
    echo,
    fail_while,
    join,
    join_atomically,
    once_per_arguments,
    once_per_order,
    stumble,
    tell_attempt,
)
from tasks.workflows import ChainResult, Shape, chain

pytestmark = pytest.mark.django_db


def enqueue(*steps: Shape) -> ChainResult:
    return chain(*steps).enqueue()


def test_each_step_gets_the_result_of_the_one_before_in_front() -> None:
    result = enqueue(add.s(1, 2), add.s(10), join.s("euros", sep="-"))

    run_due()

    result.refresh()
    assert result.return_value == "13-euros"
    assert [run.args for run in steps_of(result)] == [[1, 2], [3, 10], [13, "euros"]]


def test_a_step_without_arguments_of_its_own_gets_the_result_alone() -> None:
    result = enqueue(add.s(1, 2), join.s())

    run_due()

    assert steps_of(result)[1].args == [3]


def test_an_immutable_step_gets_its_own_arguments_only() -> None:
    result = enqueue(add.si(1, 2), add.si(3, 4), join.si())

    run_due()

    assert [run.result for run in steps_of(result)] == [3, 7, ""]


def test_a_step_that_returns_nothing_passes_none_on() -> None:
    result = enqueue(once_per_arguments.si(), join.s())

    run_due()

    assert steps_of(result)[1].result == "None"


def test_results_are_passed_on_exactly() -> None:
    value = ['"],[', "\\", "%s", "{}", "\x00", "🎂", 1e16, None, {"args": []}]
    result = enqueue(echo.si(value), echo.s())

    run_due()

    assert steps_of(result)[1].args == [value]
    assert steps_of(result)[1].result == value


def test_all_steps_are_seen_from_the_start() -> None:
    result = enqueue(add.s(1, 2), add.s(3), add.s(4))

    runs = steps_of(result)
    assert [run.status for run in runs] == [RunStatus.READY, RunStatus.WAITING, RunStatus.WAITING]
    assert len({run.workflow_id for run in runs}) == 1
    assert runs[0].workflow_id is not None
    assert [run.after_run_id for run in runs] == [None, runs[0].id, runs[1].id]


def test_a_step_is_not_claimed_before_its_turn() -> None:
    result = enqueue(add.s(1, 2), add.s(3))

    (first,) = claim(make_worker())

    assert str(first.id) == result.steps[0].id  # type: ignore[union-attr]
    assert first.leads
    assert claim(make_worker()) == []


def test_a_failed_step_cancels_the_rest_and_says_so(broken: Path) -> None:
    result = enqueue(add.si(1, 2), fail_while.si(str(broken)), add.s(1), add.s(2))

    run_due()

    runs = steps_of(result)
    assert [run.status for run in runs] == ["SUCCESSFUL", "FAILED", "CANCELLED", "CANCELLED"]
    for run in runs[2:]:
        assert run.reason == "Step tasks.tests.sample.tasks.fail_while failed"
        assert run.finished_at is not None
        assert (run.attempt, run.cancel_requested) == (0, False)


def test_an_attempt_that_fails_with_others_left_cancels_nothing() -> None:
    result = enqueue(stumble.si(), add.si(1, 2))

    run_due()

    assert statuses(result) == [RunStatus.SCHEDULED, RunStatus.WAITING]


def test_a_step_whose_workers_crash_too_often_cancels_the_rest(settings: Any) -> None:
    settings.TASKS = with_options(max_crashes=1)
    result = enqueue(add.s(1, 2), add.s(3))
    worker = make_worker()
    claim(worker)

    lose_worker(worker)
    ledger.take_back_lost_runs()

    assert statuses(result) == [RunStatus.FAILED, RunStatus.CANCELLED]


def test_a_step_that_expires_cancels_the_rest_and_its_retry_does_not_expire() -> None:
    result = enqueue(add.using(expires_after=60.0).s(1, 2), add.s(3))
    TaskRun.objects.filter(pk=steps_of(result)[0].pk).update(expires_at=Now())

    ledger.expire()

    assert statuses(result) == [RunStatus.CANCELLED, RunStatus.CANCELLED]
    ledger.retry([steps_of(result)[0].id])
    ledger.expire()
    run_due()
    assert steps_of(result)[1].result == 6


@pytest.mark.django_db(transaction=True)
def test_a_step_ends_and_releases_the_next_or_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    result = enqueue(add.s(1, 2), add.s(3))
    (claimed,) = claim(make_worker())

    def lose_the_connection(*_: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(import_module("tasks.ledger.settle"), "follow", lose_the_connection)
        finish(claimed)

    assert statuses(result) == [RunStatus.RUNNING, RunStatus.WAITING]
    finish(claimed)
    assert statuses(result) == [RunStatus.SUCCESSFUL, RunStatus.READY]


def test_a_step_that_was_told_to_stop_cancels_the_rest_when_it_has() -> None:
    result = enqueue(stumble.si(), add.si(1, 2))
    (claimed,) = claim(make_worker())
    ledger.cancel([claimed.id])
    assert statuses(result) == [RunStatus.RUNNING, RunStatus.WAITING]

    ledger.settle(
        [
            Outcome(
                id=claimed.id,
                attempt=claimed.attempt,
                leads=claimed.leads,
                status=RunStatus.SCHEDULED,
                delay=5.0,
            )
        ]
    )

    assert statuses(result) == [RunStatus.CANCELLED, RunStatus.CANCELLED]
    assert steps_of(result)[1].reason == "Step tasks.tests.sample.tasks.stumble was cancelled"


@pytest.mark.parametrize("stopped", [0, 1])
def test_cancelling_a_step_cancels_what_follows(stopped: int) -> None:
    result = enqueue(add.s(1, 2), add.s(3), add.s(4))

    assert ledger.cancel([steps_of(result)[stopped].id]) == 1

    runs = steps_of(result)
    assert {run.status for run in runs[stopped:]} == {RunStatus.CANCELLED}
    assert [run.cancel_requested for run in runs].index(True) == stopped
    assert runs[2].reason == "Step tasks.tests.sample.tasks.add was cancelled"
    run_due()
    assert statuses(result)[:stopped] == [RunStatus.SUCCESSFUL] * stopped


def test_cancelling_a_workflow_stops_all_that_has_not_ended() -> None:
    result = enqueue(add.s(1, 2), add.s(3), add.s(4))
    workflow_id = steps_of(result)[0].workflow_id
    assert workflow_id is not None

    assert ledger.cancel_workflow(workflow_id) == 3

    assert statuses(result) == [RunStatus.CANCELLED] * 3


def test_retrying_the_failed_step_revives_the_rest(broken: Path) -> None:
    result = enqueue(fail_while.si(str(broken), 1), join.s("then"), join.s("end"))
    run_due()
    assert statuses(result) == [RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.CANCELLED]
    broken.unlink()

    assert ledger.retry([steps_of(result)[0].id]) == 1

    runs = steps_of(result)
    assert [run.status for run in runs] == ["READY", "WAITING", "WAITING"]
    assert [(run.reason, run.finished_at) for run in runs] == [("", None)] * 3
    run_due()
    assert [run.result for run in steps_of(result)] == ["1", "1 then", "1 then end"]


@pytest.mark.parametrize("retried", [1, 2])
def test_retrying_a_step_that_never_ran_retries_the_one_that_failed(
    broken: Path, retried: int
) -> None:
    result = enqueue(fail_while.si(str(broken)), join.s("b"), join.s("c"))
    run_due()
    broken.unlink()

    assert ledger.retry([steps_of(result)[retried].id]) == 1

    assert statuses(result) == [RunStatus.READY, RunStatus.WAITING, RunStatus.WAITING]
    run_due()
    assert steps_of(result)[2].result == " b c"


def test_a_step_that_a_person_cancelled_stays_cancelled(broken: Path) -> None:
    result = enqueue(fail_while.si(str(broken)), add.si(1, 1), add.si(2, 2), add.si(3, 3))
    ledger.cancel([steps_of(result)[2].id])
    run_due()

    ledger.retry([steps_of(result)[0].id])

    assert statuses(result) == [
        RunStatus.READY,
        RunStatus.WAITING,
        RunStatus.CANCELLED,
        RunStatus.CANCELLED,
    ]


def test_a_step_that_was_cancelled_while_it_waited_gets_the_result_at_its_retry() -> None:
    result = enqueue(add.s(1, 2), add.s(10))
    ledger.cancel([steps_of(result)[1].id])
    run_due()
    assert statuses(result) == [RunStatus.SUCCESSFUL, RunStatus.CANCELLED]

    ledger.retry([steps_of(result)[1].id])

    run_due()
    assert steps_of(result)[1].result == 13


def test_a_step_gets_the_result_once_however_often_it_is_retried() -> None:
    result = enqueue(add.s(1, 2), add.s(10))
    ledger.claim(make_worker(), ["default"], 1)
    (first,) = [run for run in steps_of(result) if run.status == RunStatus.RUNNING]
    done = Outcome(
        id=first.id, attempt=1, leads=True, status=RunStatus.SUCCESSFUL, return_value="3"
    )
    ledger.settle([done])
    for _ in range(2):
        ledger.cancel([steps_of(result)[1].id])
        ledger.retry([steps_of(result)[1].id])

    run_due()

    assert (steps_of(result)[1].args, steps_of(result)[1].result) == ([3, 10], 13)


def test_a_failed_step_is_retried_with_the_result_it_had(broken: Path) -> None:
    result = enqueue(join.si(str(broken)), fail_while.s("x"), join.s())
    run_due()
    broken.unlink()

    ledger.retry([steps_of(result)[1].id])

    run_due()
    assert [run.result for run in steps_of(result)] == [str(broken), "x", "x"]


def test_a_retried_step_may_fail_again(broken: Path) -> None:
    result = enqueue(fail_while.si(str(broken)), join.s())
    for _ in range(2):
        run_due()
        assert statuses(result) == [RunStatus.FAILED, RunStatus.CANCELLED]
        ledger.retry([steps_of(result)[0].id])

    broken.unlink()
    run_due()

    assert statuses(result) == [RunStatus.SUCCESSFUL] * 2


def test_the_next_step_is_due_in_the_very_transaction_of_an_atomic_one() -> None:
    result = enqueue(join_atomically.si("a"), join_atomically.s("b"))

    assert [run.result for run in run_due()] == ["a", "a b"]
    assert statuses(result) == [RunStatus.SUCCESSFUL] * 2


def test_coroutines_and_contexts_are_steps_like_others() -> None:
    result = enqueue(tell_attempt.si(), add_async.s(10), join.s())

    run_due()

    assert steps_of(result)[2].result == "11"


def test_a_step_keeps_its_options() -> None:
    soon = add.using(priority=7, queue_name="mail", max_attempts=2)
    result = enqueue(add.s(1, 2), soon.s(3))

    second = steps_of(result)[1]
    assert (second.priority, second.queue, second.max_attempts) == (7, "mail", 2)


def test_a_step_is_not_due_before_its_time() -> None:
    result = enqueue(add.s(1, 2), add.using(run_after=timedelta(hours=1)).s(3))

    run_due()

    second = steps_of(result)[1]
    assert (second.status, second.args) == (RunStatus.SCHEDULED, [3, 3])
    later = TaskRun.objects.filter(pk=second.pk, run_at__gt=Now() + timedelta(minutes=59))
    assert later.exists()


def test_a_released_step_is_due_since_its_release() -> None:
    result = enqueue(add.s(1, 2), add.s(3))
    TaskRun.objects.update(run_at=Now() - timedelta(days=1))

    run_due()

    assert TaskRun.objects.filter(
        pk=steps_of(result)[1].pk, run_at__gt=Now() - timedelta(minutes=1)
    ).exists()


def test_a_chain_in_a_chain_is_one_chain() -> None:
    result = enqueue(add.s(1, 2), chain(add.s(3), chain(add.s(4))), join.s())

    run_due()

    result.refresh()
    assert result.return_value == "10"


def test_a_long_chain_is_enqueued_and_cancelled_whole(broken: Path) -> None:
    result = enqueue(fail_while.si(str(broken)), *[add.s(1)] * 3000)

    run_due()

    assert not TaskRun.objects.filter(status__in=LIVE).exists()
    assert TaskRun.objects.filter(status=RunStatus.CANCELLED).count() == 3000
    assert ledger.retry([steps_of(result)[0].id]) == 1
    assert TaskRun.objects.filter(status=RunStatus.WAITING).count() == 3000


def test_an_empty_chain_is_refused_in_one_sentence() -> None:
    with pytest.raises(InvalidWorkflow, match="A chain needs a step: chain"):
        chain()


def test_what_is_no_step_is_refused_with_what_to_write() -> None:
    with pytest.raises(InvalidWorkflow, match=r"task\.s\(…\)"):
        chain(add.s(1, 2), add)  # type: ignore[arg-type]


def test_a_key_that_is_taken_enqueues_nothing() -> None:
    once_per_order.enqueue(7)

    with pytest.raises(UniqueRunExists, match="Nothing was enqueued"), transaction.atomic():
        enqueue(add.s(1, 2), once_per_order.si(7))

    assert TaskRun.objects.count() == 1


def test_a_key_that_is_taken_leaves_the_callers_transaction_intact() -> None:
    once_per_order.enqueue(7)

    with transaction.atomic():
        with pytest.raises(UniqueRunExists):
            enqueue(add.s(1, 2), once_per_order.si(7))
        add.enqueue(1, 2)

    assert TaskRun.objects.count() == 2


def test_a_key_is_taken_once_in_a_chain_too() -> None:
    with pytest.raises(UniqueRunExists, match="once_per_order:7"):
        enqueue(once_per_order.si(7), once_per_order.si(7))


def test_a_waiting_step_holds_its_key() -> None:
    result = enqueue(add.s(1, 2), once_per_order.si(7))

    assert once_per_order.enqueue(7).id == str(steps_of(result)[1].id)


@pytest.mark.parametrize("step", [once_per_order.s(), once_per_arguments.s(1)])
def test_a_key_that_depends_on_a_result_is_refused(step: Shape) -> None:
    with pytest.raises(InvalidTaskOption, match="unique key would depend on the result"):
        enqueue(add.s(1, 2), step)

    assert not TaskRun.objects.exists()


def test_a_key_of_ones_own_is_taken_with_a_result_in_front() -> None:
    result = enqueue(add.s(1, 2), once_per_arguments.using(unique_key="mine").s())

    run_due()

    second = steps_of(result)[1]
    assert second.unique_key == "tasks.tests.sample.tasks.once_per_arguments:mine"
    assert second.args == [3]


def test_a_rolled_back_chain_never_was() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        enqueue(add.s(1, 2), add.s(3))
        raise ZeroDivisionError

    assert not TaskRun.objects.exists()


def test_listeners_hear_of_every_step() -> None:
    heard: list[str] = []

    def listen(task_result: TaskResult[..., Any], **_kwargs: Any) -> None:
        heard.append(task_result.id)

    task_enqueued.connect(listen)
    try:
        result = enqueue(add.s(1, 2), add.s(3))
    finally:
        task_enqueued.disconnect(listen)

    assert heard == [str(run.id) for run in steps_of(result)]


def test_the_sweep_moves_a_step_that_was_left_behind() -> None:
    result = enqueue(add.s(1, 2), add.s(3), add.s(4))
    first = steps_of(result)[0]
    TaskRun.objects.filter(pk=first.pk).update(status=RunStatus.FAILED, finished_at=Now())

    assert ledger.sweep_workflows() == 2
    assert ledger.sweep_workflows() == 0

    assert statuses(result) == [RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.CANCELLED]


@pytest.mark.django_db(transaction=True)
def test_a_chain_is_waited_for() -> None:
    result = enqueue(add.s(1, 2), add.s(3))
    with pytest.raises(WaitTimeout):
        result.wait(0.01)
    run_due()

    assert result.wait(5).return_value == 6
    assert result.is_finished


@pytest.mark.django_db(transaction=True)
def test_a_chain_that_failed_has_ended(broken: Path) -> None:
    result = enqueue(fail_while.si(str(broken)), add.s(3))
    run_due()

    result.wait(5)

    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value


def test_waiting_in_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        enqueue(add.s(1, 2), add.s(3)).wait(1)


@pytest.mark.django_db(transaction=True)
def test_released_steps_ring_after_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[uuid.UUID] = []
    monkeypatch.setattr("tasks.ledger.bell._rings", [rung.extend])
    result = enqueue(add.s(1, 2), add.s(3))
    first, second = steps_of(result)
    assert rung == [first.id]

    run_due()

    assert rung == [first.id, second.id]
