"""What a body says of its run reaches the row, and the next attempt."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from tasks import ledger
from tasks.context import Progress, RunContext
from tasks.errors import ResultNotJSON, TaskCancelled
from tasks.journal import RunJournal
from tasks.models import RunStatus, TaskRun
from tasks.runner import begin
from tasks.testing import run_due
from tasks.tests.factories import lose_worker, make_held_run, make_run
from tasks.tests.sample.tasks import count_to, resume_at, tell_tick
from tasks.worker.executing import Execution

pytestmark = pytest.mark.django_db


def held_context() -> tuple[TaskRun, RunContext]:
    """Claim a run and return the context that its body would get."""
    run, claimed = make_held_run()
    execution = begin(claimed)
    assert isinstance(execution, Execution)
    journal = RunJournal(execution)
    return run, RunContext(task_result=execution.result, stop=execution.stop, journal=journal)


def test_an_attempt_finds_what_the_one_before_it_stored() -> None:
    result = resume_at.enqueue([1, 2, 3, 4], fails_at=3)
    run_due()
    TaskRun.objects.update(status=RunStatus.READY, run_at=datetime(2026, 1, 1, tzinfo=UTC))
    run_due()

    run = TaskRun.objects.get(pk=result.id)
    assert run.status == RunStatus.SUCCESSFUL
    assert run.result == {"began_at": 2, "done": 4}


def test_a_body_without_a_checkpoint_has_no_state() -> None:
    _, context = held_context()

    assert context.state is None


def test_a_checkpoint_stands_or_falls_with_its_transaction() -> None:
    run, context = held_context()
    context.checkpoint({"page": 1})
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        context.checkpoint({"page": 2})
        raise ZeroDivisionError

    run.refresh_from_db()
    assert run.state == '{"page":1}'


@pytest.mark.parametrize("state", [{1: 2}, object(), "x" * 70_000])
def test_a_checkpoint_that_is_no_json_is_refused_and_the_last_one_kept(state: object) -> None:
    run, context = held_context()
    context.checkpoint("good")

    with pytest.raises(ResultNotJSON):
        context.checkpoint(state)

    run.refresh_from_db()
    assert run.state == '"good"'
    assert context.state == "good"


def test_who_lost_its_claim_can_store_nothing() -> None:
    run, context = held_context()
    lose_worker(TaskRun.objects.get(pk=run.pk).worker_id or run.pk)
    ledger.take_back_lost_runs()

    with pytest.raises(TaskCancelled):
        context.checkpoint({"page": 1})

    run.refresh_from_db()
    assert run.state is None
    assert context.cancelled


@pytest.mark.parametrize(("stored", "left"), [({"page": 1}, 2), ({"page": 2}, 0)])
def test_only_a_new_checkpoint_forgives_a_run_its_lost_workers(
    stored: dict[str, int], left: int
) -> None:
    run, context = held_context()
    context.checkpoint({"page": 1})
    TaskRun.objects.filter(pk=run.pk).update(crashes=2)

    context.checkpoint(stored)

    run.refresh_from_db()
    assert run.crashes == left


def test_progress_is_shown_and_its_last_word_is_never_lost() -> None:
    result = count_to.enqueue(50)

    run_due()

    run = TaskRun.objects.get(pk=result.id)
    assert run.how_far == Progress(50, 50, "row 50")
    assert run.how_far.fraction == 1.0


@pytest.mark.django_db(transaction=True)
def test_progress_is_written_twice_a_second_at_most(django_assert_num_queries: object) -> None:
    run, context = held_context()
    with django_assert_num_queries(1):  # type: ignore[operator]
        for number in range(100):
            context.progress(number, 100)

    run.refresh_from_db()
    assert run.how_far == Progress(0, 100)


def test_progress_counts_from_zero_up() -> None:
    with pytest.raises(ValueError, match="from 0 up"):
        Progress(-1, 5)
    assert Progress(3).fraction is None
    assert len(Progress(1, 2, "x" * 500).message) == 200


def test_a_body_knows_the_tick_it_runs_for() -> None:
    make_run(
        name=tell_tick.module_path,
        arguments='{"args":[],"kwargs":{}}',
        headers='{"tick":"2026-03-29T01:30:00+00:00"}',
    )
    make_run(name=tell_tick.module_path, arguments='{"args":[],"kwargs":{}}')

    scheduled, other = run_due()

    assert scheduled.result == "2026-03-29T01:30:00+00:00"
    assert other.result is None
