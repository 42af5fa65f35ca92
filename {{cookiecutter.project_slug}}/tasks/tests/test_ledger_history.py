"""History is kept as long as it is said, and not longer."""

from datetime import timedelta
from functools import partial

import pytest
from django.db.models.functions import Now
from django.test import override_settings

from tasks import ledger
from tasks.models import RunStatus, ScheduleTick, TaskRun, TickStatus, Worker, WorkerStatus
from tasks.tests.factories import make_run, make_schedule, make_worker, with_options
from tasks.timer import Timer

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
    make_ended(RunStatus.SUCCESSFUL, 20)
    make_worker(silent_for=25)

    Timer().turn()

    assert list(TaskRun.objects.values_list("pk", "status")) == [(due.pk, RunStatus.READY)]
    assert Worker.objects.get().status == WorkerStatus.LOST
