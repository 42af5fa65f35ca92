"""History is kept as long as it is said, and not longer."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db.models.functions import Now
from django.test import override_settings

from tasks import ledger
from tasks.models import (
    RunGroup,
    RunStatus,
    ScheduleTick,
    TaskRun,
    TickStatus,
    Worker,
    WorkerStatus,
)
from tasks.testing import run_due
from tasks.tests.factories import make_run, make_schedule, make_worker, with_options
from tasks.tests.sample.tasks import add
from tasks.timer import Timer
from tasks.workflows import group

pytestmark = pytest.mark.django_db


def make_ended(status: RunStatus, days: float) -> TaskRun:
    return make_run(status=status, finished_at=Now() - timedelta(days=days))


def test_successes_are_kept_two_weeks_and_failures_three_months() -> None:
    kept = {
        make_ended(RunStatus.SUCCESSFUL, 13.9).pk,
        make_ended(RunStatus.CANCELLED, 13.9).pk,
        make_ended(RunStatus.FAILED, 89.9).pk,
    }
    make_ended(RunStatus.SUCCESSFUL, 14.1)
    make_ended(RunStatus.CANCELLED, 14.1)
    make_ended(RunStatus.FAILED, 90.1)

    assert sum(iter(ledger.prune_runs, 0)) == 3

    assert set(TaskRun.objects.values_list("pk", flat=True)) == kept


@pytest.mark.parametrize("status", ["SCHEDULED", "WAITING", "READY", "RUNNING"])
def test_what_lives_is_never_deleted(status: str) -> None:
    ago = Now() - timedelta(days=400)
    make_run(status=status, run_at=ago, enqueued_at=ago, started_at=ago, finished_at=ago)

    assert ledger.prune_runs() == 0
    assert TaskRun.objects.count() == 1


def test_deleting_goes_in_batches_oldest_first() -> None:
    runs = [make_ended(RunStatus.SUCCESSFUL, 20 + number) for number in range(5)]

    assert ledger.prune_runs(limit=2) == 2

    left = set(TaskRun.objects.values_list("pk", flat=True))
    assert left == {run.pk for run in runs[:3]}
    assert [ledger.prune_runs(limit=2) for _ in range(3)] == [2, 1, 0]


def test_pruning_empties_failures_behind_successes() -> None:
    for _ in range(3):
        make_ended(RunStatus.SUCCESSFUL, 20)
        make_ended(RunStatus.FAILED, 100)

    assert sum(iter(partial(ledger.prune_runs, limit=2), 0)) == 6


def test_the_days_can_be_set() -> None:
    make_ended(RunStatus.SUCCESSFUL, 1.1)
    make_ended(RunStatus.FAILED, 2.1)
    make_ended(RunStatus.FAILED, 1.9)

    with override_settings(TASKS=with_options(history_days=1, failure_days=2)):
        assert sum(iter(ledger.prune_runs, 0)) == 2


def test_workers_that_are_long_gone_are_forgotten() -> None:
    old = Now() - timedelta(days=2)
    stopped, lost, alive, recent = (
        make_worker(status=status)
        for status in ("STOPPED", "LOST", WorkerStatus.ALIVE, WorkerStatus.STOPPED)
    )
    Worker.objects.filter(pk__in=[stopped, lost, alive]).update(beat_at=old)

    assert ledger.prune_workers() == 2

    assert set(Worker.objects.values_list("pk", flat=True)) == {alive, recent}


def test_records_of_ticks_are_kept_as_long_as_successes() -> None:
    schedule = make_schedule()
    _old, kept = (
        ScheduleTick.objects.create(
            schedule=schedule,
            tick=Now() - timedelta(days=days),
            recorded_at=Now() - timedelta(days=days),
            status=TickStatus.MISSED,
        )
        for days in (14.1, 13.9)
    )

    assert ledger.prune_ticks() == 1
    assert list(ScheduleTick.objects.values_list("pk", flat=True)) == [kept.pk]


def test_one_turn_of_the_timer_does_all_that_is_due() -> None:
    due = make_run(status=RunStatus.SCHEDULED, run_at=Now())
    old = make_ended(RunStatus.SUCCESSFUL, 20)
    make_worker(silent_for=25)

    Timer().turn()

    # What the shop's schedules are due for just now is there, too.
    runs = TaskRun.objects.filter(pk__in=[due.pk, old.pk])
    assert list(runs.values_list("pk", "status")) == [(due.pk, RunStatus.READY)]
    assert Worker.objects.get().status == WorkerStatus.LOST


def make_workflow(*steps: tuple[RunStatus, float]) -> list[TaskRun]:
    """Runs of one workflow that ended so many days ago, or have not."""
    workflow_id = uuid.uuid4()
    return [
        make_run(status=status, workflow_id=workflow_id, finished_at=Now() - timedelta(days=days))
        for status, days in steps
    ]


def test_what_has_ended_in_a_workflow_stays_while_another_step_lives() -> None:
    make_workflow(
        (RunStatus.SUCCESSFUL, 400),
        (RunStatus.FAILED, 400),
        (RunStatus.CANCELLED, 400),
        (RunStatus.WAITING, 0),
    )

    assert sum(iter(ledger.prune_runs, 0)) == 0


def test_what_a_failed_step_needs_for_its_retry_stays_as_long_as_it_does() -> None:
    make_workflow((RunStatus.SUCCESSFUL, 20), (RunStatus.FAILED, 20), (RunStatus.CANCELLED, 20))
    make_workflow((RunStatus.SUCCESSFUL, 20), (RunStatus.SUCCESSFUL, 1))

    assert sum(iter(ledger.prune_runs, 0)) == 1
    assert TaskRun.objects.count() == 4

    TaskRun.objects.update(finished_at=Now() - timedelta(days=91))
    assert sum(iter(ledger.prune_runs, 0)) == 4


def test_groups_are_deleted_after_their_members() -> None:
    empty = group([]).enqueue()
    full = group([add.s(1, 1)]).enqueue()
    run_due()
    old = Now() - timedelta(days=20)
    RunGroup.objects.update(finished_at=old)

    assert ledger.prune_groups() == 1
    assert not RunGroup.objects.filter(pk=empty.id).exists()
    assert RunGroup.objects.filter(pk=full.id).exists()

    TaskRun.objects.update(finished_at=old)
    assert (ledger.prune_runs(), ledger.prune_groups()) == (1, 1)
    assert not RunGroup.objects.exists()
