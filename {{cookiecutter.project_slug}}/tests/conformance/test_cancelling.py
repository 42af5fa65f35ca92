"""A run that is running is told to stop; a coroutine is cancelled where it waits."""

import uuid
from pathlib import Path

import pytest

from tasks import ledger
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, cancel_itself, wait_until_cancelled, work_until_cancelled
from tests.conformance.harness import Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "A run that is cancelled stops: at once while it waits, and as soon as it listens while it runs"
)


def test_running_tasks_stop_when_they_are_asked_to(programs: Programs, tmp_path: Path) -> None:
    program = programs.worker("--threads=2")
    (worker,) = program.workers()
    started, ended = tmp_path / "started", tmp_path / "ended"
    ids = [
        work_until_cancelled.enqueue("cooperative").id,
        wait_until_cancelled.enqueue(str(started), str(ended)).id,
    ]
    wait_until(lambda: Mark.objects.exists() and started.exists(), "both began")

    assert ledger.cancel([uuid.UUID(id_) for id_ in ids]) == 2

    wait_for_status(RunStatus.CANCELLED, *ids)
    assert ended.exists()
    for run in TaskRun.objects.filter(pk__in=ids):
        assert (run.attempt, run.crashes) == (1, 0)
        assert run.finished_at is not None
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    assert [one.pk for one in program.workers()] == [worker.pk]


@pytest.mark.guarantee("A task that fails is tried again as often as it may be, and no more")
def test_a_coroutine_that_cancels_itself_fails_like_any_other(programs: Programs) -> None:
    programs.worker("--threads=1")

    result = cancel_itself.enqueue()

    wait_for_status(RunStatus.FAILED, result.id)
    (failure,) = TaskRun.objects.get(pk=result.id).failures
    assert failure["exception_class_path"] == "asyncio.exceptions.CancelledError"
