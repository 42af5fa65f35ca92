"""What `/metrics` tells of the task system is what the rows say, in a form that parsers accept."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from tasks import ledger, metrics, registry
from tasks.engine import engine
from tasks.models import Gate, GateKind, RunStatus, Schedule, TaskRun, WorkerStatus
from tasks.statistics.rollups import roll_up
from tasks.tests.factories import ADD, make_run, make_schedule, make_worker

pytestmark = pytest.mark.django_db

MOST_QUERIES = 10


def samples() -> dict[tuple[str, tuple[str, ...]], float]:
    """Return every sample by its name and the values of its labels, by their names."""
    text = metrics.exposition().decode()
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def make_ended(
    status: RunStatus, *, minutes: float = 5, wait: float = 0.1, took: float = 0.2
) -> TaskRun:
    begin = Now() - timedelta(minutes=minutes)
    return make_run(
        status=status,
        run_at=begin - timedelta(seconds=wait),
        attempted_at=begin,
        finished_at=begin + timedelta(seconds=took),
    )


def test_depths_are_told_by_queue_and_status() -> None:
    for _ in range(3):
        make_run(queue="mail")
    make_run(queue="mail", status=RunStatus.SCHEDULED)
    make_run(queue="mail", status=RunStatus.FAILED, finished_at=Now())
    make_run(queue="of nobody")

    found = samples()

    assert found["tasks_queue_depth", ("mail", "ready")] == 3
    assert found["tasks_queue_depth", ("mail", "scheduled")] == 1
    assert found["tasks_queue_depth", ("mail", "failed")] == 1
    assert found["tasks_queue_depth", ("of nobody", "ready")] == 1


def test_an_empty_queue_is_told_as_such() -> None:
    found = samples()

    for queue in registry.queues():
        assert found["tasks_queue_depth", (queue, "ready")] == 0
        assert found["tasks_queue_oldest_ready_seconds", (queue,)] == 0
        assert found["tasks_queue_paused", (queue,)] == 0
        assert found["tasks_unpublished_runs", (queue,)] == 0


def test_what_is_overdue_is_unpublished_unless_it_is_held_back() -> None:
    ago = Now() - timedelta(seconds=100)
    make_run(run_at=ago)
    make_run()
    make_run(run_at=ago, gated=True)
    make_run(run_at=ago, queue="mail")
    make_run(run_at=ago, name="shop.tasks.paused")
    ledger.pause(GateKind.QUEUE, "mail")
    Gate.objects.create(kind=GateKind.TASK, name="shop.tasks.paused", paused_at=Now())

    found = samples()

    assert found["tasks_unpublished_runs", ("default",)] == 1
    assert ("tasks_unpublished_runs", ("mail",)) not in found
    assert found["tasks_queue_paused", ("mail",)] == 1
    assert found["tasks_task_paused", ("shop.tasks.paused",)] == 1
    assert found["tasks_queue_oldest_ready_seconds", ("default",)] == pytest.approx(100, abs=10)


def test_runs_are_counted_by_outcome_and_the_count_outlives_them() -> None:
    statuses = (RunStatus.SUCCESSFUL, RunStatus.SUCCESSFUL, RunStatus.FAILED)
    runs = [make_ended(status) for status in statuses]
    # All within one minute, which is counted, and none after it.
    TaskRun.objects.update(finished_at=runs[-1].finished_at)
    assert roll_up(most=1) == 1
    counted = samples()
    TaskRun.objects.all().delete()
    make_ended(RunStatus.SUCCESSFUL, minutes=2)
    assert roll_up() == 1

    found = samples()

    assert counted["tasks_runs_ended_total", ("successful", "default", ADD)] == 2
    assert counted["tasks_runs_ended_total", ("failed", "default", ADD)] == 1
    assert found["tasks_runs_ended_total", ("successful", "default", ADD)] == 3
    assert found["tasks_runs_ended_total", ("failed", "default", ADD)] == 1


def test_histograms_hold_what_was_measured() -> None:
    make_ended(RunStatus.SUCCESSFUL, wait=0.0005, took=0.2)
    make_ended(RunStatus.SUCCESSFUL, wait=50, took=20_000, minutes=500)
    while roll_up():
        pass

    found = samples()

    assert found["tasks_run_wait_seconds_bucket", ("0.001", "default")] == 1
    assert found["tasks_run_wait_seconds_bucket", ("65.536", "default")] == 2
    assert found["tasks_run_duration_seconds_bucket", ("0.256", ADD)] == 1
    assert found["tasks_run_duration_seconds_bucket", ("4194.304", ADD)] == 1
    assert found["tasks_run_duration_seconds_bucket", ("+Inf", ADD)] == 2


def test_histograms_have_the_sum_and_the_number_of_what_they_count() -> None:
    for wait, took in ((0.0005, 0.2), (50, 20_000), (0.25, 1.125)):
        make_ended(RunStatus.SUCCESSFUL, wait=wait, took=took, minutes=500)
    # Cancelled before it started: it has neither waited to its end nor run.
    make_run(status=RunStatus.CANCELLED, finished_at=Now() - timedelta(minutes=500))
    while roll_up():
        pass

    found = samples()

    assert found["tasks_run_wait_seconds_sum", ("default",)] == pytest.approx(50.2505, abs=1e-9)
    assert found["tasks_run_duration_seconds_sum", (ADD,)] == pytest.approx(20_001.325, abs=1e-9)
    for name, label in (("wait", "default"), ("duration", ADD)):
        assert found[f"tasks_run_{name}_seconds_count", (label,)] == 3
        assert found[f"tasks_run_{name}_seconds_bucket", ("+Inf", label)] == 3


def test_workers_are_told_by_their_health() -> None:
    make_worker()
    make_worker(silent_for=15)
    make_worker(status=WorkerStatus.LOST)
    make_worker(status=WorkerStatus.STOPPED)

    found = samples()

    assert found["tasks_workers", ("test", "ok")] == 1
    assert found["tasks_workers", ("test", "late")] == 1
    assert found["tasks_workers", ("test", "lost")] == 1
    assert found["tasks_workers", (engine.name, "ok")] == 0
    assert found["tasks_worker_threads", ("test",)] == 2


def test_a_schedule_that_nobody_ticks_is_late() -> None:
    late = make_schedule(due_for=60)
    early = make_schedule(due_for=-60)
    Schedule.objects.filter(pk=make_schedule(due_for=60, name="off").pk).update(enabled=False)

    found = samples()

    assert found["tasks_schedule_late_seconds", (late.name,)] == pytest.approx(60, abs=10)
    assert found["tasks_schedule_late_seconds", (early.name,)] == 0
    assert ("tasks_schedule_late_seconds", ("off",)) not in found


def test_it_is_told_how_long_ago_a_timer_counted() -> None:
    assert ("tasks_counted_until_age_seconds", ()) not in samples()

    roll_up()

    assert 0 <= samples()["tasks_counted_until_age_seconds", ()] < 180


def test_few_queries_answer_however_much_there_is() -> None:
    for number in range(20):
        make_run(queue=f"queue {number}")
        make_schedule()
        make_worker()

    with CaptureQueriesContext(connection) as queries:
        metrics.exposition()

    assert len(queries) <= MOST_QUERIES
