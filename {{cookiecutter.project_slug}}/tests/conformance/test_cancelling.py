"""A run that is running is told to stop; a coroutine is cancelled where it waits."""

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.tasks import TaskResultStatus

from tasks.errors import TaskCancelled
from tasks.models import RunStatus, TaskRun
from tasks.service import service
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import (
    add,
    cancel_itself,
    leave_mark,
    wait_until_cancelled,
    work_until_cancelled,
)
from tests.conformance.harness import Program, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "A run that is cancelled stops: at once while it waits, and as soon as it listens while it runs"
)


def test_running_tasks_stop_when_they_are_asked_to(crew: Program, tmp_path: Path) -> None:
    workers = crew.workers()
    started, ended = tmp_path / "started", tmp_path / "ended"
    ids = [
        work_until_cancelled.enqueue("cooperative").id,
        wait_until_cancelled.enqueue(str(started), str(ended)).id,
    ]
    wait_until(lambda: Mark.objects.exists() and started.exists(), "both began")

    assert service.cancel([uuid.UUID(id_) for id_ in ids], by=None).applied == 2

    wait_for_status(RunStatus.CANCELLED, *ids)
    assert ended.exists()
    for run in TaskRun.objects.filter(pk__in=ids):
        assert (run.attempt, run.crashes) == (1, 0)
        assert run.finished_at is not None
    assert add.enqueue(1, 2).wait(10).return_value == 3
    assert crew.workers() == workers


@pytest.mark.guarantee("A task that fails is tried again as often as it may be, and no more")
def test_a_coroutine_that_cancels_itself_fails_like_any_other(crew: Program) -> None:
    result = cancel_itself.enqueue().wait(10)

    assert result.status == TaskResultStatus.FAILED
    assert [error.exception_class for error in result.errors] == [asyncio.CancelledError]


def test_a_run_that_is_cancelled_while_it_waits_never_starts(crew: Program) -> None:
    waits = leave_mark.using(run_after=timedelta(seconds=0.5)).enqueue("never")

    call_command("tasks", "cancel", waits.id)

    later = leave_mark.using(run_after=timedelta(seconds=0.7)).enqueue("later")
    later.wait(10)
    assert [mark.label for mark in Mark.objects.all()] == ["later"]
    (error,) = leave_mark.get_result(waits.id).errors
    assert error.exception_class is TaskCancelled
