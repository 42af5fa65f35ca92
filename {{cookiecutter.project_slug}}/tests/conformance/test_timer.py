"""The timer does what time brings, also where no worker is awake."""

import signal
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.tests.factories import make_held_run, make_run, make_worker
from tests.conformance.harness import Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "The timer brings back what was lost, and forgets what is old, where no worker is awake"
)

LONG_AGO = timedelta(days=30)


def test_the_timer_does_its_work_with_no_worker_alive(programs: Programs) -> None:
    lost, _ = make_held_run(make_worker(silent_for=25))
    kept, _ = make_held_run(make_worker())
    due = make_run(status=RunStatus.SCHEDULED, run_at=Now() - timedelta(seconds=1))
    later = make_run(status=RunStatus.SCHEDULED, run_at=Now() + timedelta(hours=1))
    old = [make_ended(RunStatus.SUCCESSFUL) for _ in range(3)]
    failed = make_ended(RunStatus.FAILED)
    fresh = make_run(status=RunStatus.SUCCESSFUL, finished_at=Now())

    timer = programs.timer()

    wait_for_status(RunStatus.READY, str(lost.pk), str(due.pk))
    wait_until(
        lambda: not TaskRun.objects.filter(pk__in=[run.pk for run in old]).exists(),
        "old history is gone",
    )
    assert Worker.objects.filter(status=WorkerStatus.LOST).count() == 1
    left = dict(TaskRun.objects.values_list("pk", "status"))
    assert left == {
        lost.pk: RunStatus.READY,
        kept.pk: RunStatus.RUNNING,
        due.pk: RunStatus.READY,
        later.pk: RunStatus.SCHEDULED,
        failed.pk: RunStatus.FAILED,
        fresh.pk: RunStatus.SUCCESSFUL,
    }
    timer.send(signal.SIGTERM)
    assert timer.wait() == 0


def make_ended(status: RunStatus) -> TaskRun:
    return make_run(status=status, finished_at=Now() - LONG_AGO)
