"""An outcome is written once, by whoever holds the attempt, and by nobody else."""

import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from tasks import ledger
from tasks.ledger import Claimed, Outcome
from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import claim, make_held_run, make_run, make_worker, status_of

pytestmark = pytest.mark.django_db


def succeeded(claimed: Claimed, value: str = "3") -> Outcome:
    return Outcome(
        id=claimed.id, attempt=claimed.attempt, status=RunStatus.SUCCESSFUL, return_value=value
    )


def put_off(claimed: Claimed, *, seconds: float = 60, refund: int = 0) -> Outcome:
    return Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        status=RunStatus.SCHEDULED,
        errors='[{"attempt":1}]',
        delay=seconds,
        refund=refund,
    )


def test_success_is_written() -> None:
    run, claimed = make_held_run()

    assert ledger.settle([succeeded(claimed)]) == set()

    run.refresh_from_db()
    assert (run.status, run.return_value, run.result) == (RunStatus.SUCCESSFUL, "3", 3)
    assert run.finished_at is not None
    assert run.started_at is not None
    assert run.finished_at >= run.started_at
    assert (run.worker_id, run.errors) == (claimed.worker_id, "[]")


def test_another_attempt_is_put_off() -> None:
    run, claimed = make_held_run()

    assert ledger.settle([put_off(claimed, seconds=60)]) == set()

    run.refresh_from_db()
    assert (run.status, run.worker_id, run.finished_at) == (RunStatus.SCHEDULED, None, None)
    assert run.errors == '[{"attempt":1}]'
    assert run.spent == 1
    due_in = TaskRun.objects.filter(
        pk=run.pk,
        run_at__gt=Now() + timedelta(seconds=55),
        run_at__lt=Now() + timedelta(seconds=61),
    )
    assert due_in.exists()


def test_what_is_handed_back_costs_no_attempt() -> None:
    run, claimed = make_held_run()
    back = Outcome(
        id=claimed.id, attempt=claimed.attempt, status=RunStatus.READY, delay=0.0, refund=1
    )

    ledger.settle([back])

    run.refresh_from_db()
    assert (run.status, run.attempt, run.spent, run.crashes) == (RunStatus.READY, 1, 0, 0)
    (again,) = claim(make_worker())
    assert (again.attempt, again.spent) == (2, 1)


def test_a_stale_attempt_is_refused() -> None:
    run, late = make_held_run()
    TaskRun.objects.filter(pk=run.pk).update(status=RunStatus.READY)
    (claimed,) = claim(make_worker())

    assert ledger.settle([succeeded(late, "1")]) == {run.id}
    run.refresh_from_db()
    assert (run.status, run.attempt, run.return_value) == (RunStatus.RUNNING, 2, None)

    assert ledger.settle([succeeded(claimed, "2")]) == set()
    assert ledger.settle([succeeded(late, "1")]) == {run.id}
    run.refresh_from_db()
    assert run.return_value == "2"


def test_an_outcome_is_written_once() -> None:
    run, claimed = make_held_run()

    assert ledger.settle([succeeded(claimed)]) == set()
    assert ledger.settle([put_off(claimed)]) == {run.id}
    assert status_of(run) == RunStatus.SUCCESSFUL


@pytest.mark.parametrize("status", [one for one in RunStatus if one != RunStatus.RUNNING])
def test_what_is_not_running_takes_no_outcome(status: RunStatus) -> None:
    run, claimed = make_held_run()
    TaskRun.objects.filter(pk=run.pk).update(status=status)

    assert ledger.settle([succeeded(claimed)]) == {run.id}
    assert status_of(run) == status


def test_a_row_that_is_gone_takes_no_outcome() -> None:
    _, claimed = make_held_run()
    TaskRun.objects.all().delete()

    assert ledger.settle([succeeded(claimed)]) == {claimed.id}


def test_many_outcomes_are_written_together_and_the_stale_ones_refused() -> None:
    worker = make_worker()
    for _ in range(20):
        make_run()
    claims = claim(worker, limit=20)
    stale = {one.id for one in claims[::4]}
    TaskRun.objects.filter(pk__in=stale).update(attempt=7)

    outcomes = [succeeded(one) if n % 2 else put_off(one) for n, one in enumerate(claims)]

    assert ledger.settle(outcomes) == stale
    assert TaskRun.objects.filter(status=RunStatus.SUCCESSFUL).count() == 10
    assert TaskRun.objects.filter(status=RunStatus.SCHEDULED).count() == 5
    assert TaskRun.objects.filter(status=RunStatus.RUNNING).count() == 5


def test_no_outcomes_are_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert ledger.settle([]) == set()


@pytest.mark.parametrize(
    "text", ["null", '"\\u0000"', '"\\ud800"', '"%s"', "1e16", '"🎂"'], ids=ascii
)
def test_results_come_back_exactly(text: str) -> None:
    run, claimed = make_held_run()

    ledger.settle([succeeded(claimed, text)])

    run.refresh_from_db()
    assert run.return_value == text


def test_a_run_that_was_asked_to_stop_gets_no_other_attempt() -> None:
    run, claimed = make_held_run()
    ledger.cancel([run.id])

    ledger.settle([put_off(claimed)])

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert run.finished_at is not None


def test_a_run_that_succeeded_although_it_was_asked_to_stop_has_succeeded() -> None:
    run, claimed = make_held_run()
    ledger.cancel([run.id])

    ledger.settle([succeeded(claimed)])

    assert status_of(run) == RunStatus.SUCCESSFUL


def test_an_unknown_id_is_refused() -> None:
    outcome = Outcome(id=uuid.uuid4(), attempt=1, status=RunStatus.SUCCESSFUL)

    assert ledger.settle([outcome]) == {outcome.id}
