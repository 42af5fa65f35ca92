"""A worker that stood still past its lease finds that its runs are no longer its own."""

import os
import signal
from pathlib import Path

import pytest

from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import hold, hold_atomically
from tests.conformance.engine import under_test
from tests.conformance.harness import (
    Programs,
    freeze,
    is_alive,
    thaw,
    wait_for_status,
    wait_until,
)

pytestmark = pytest.mark.guarantee(
    "A worker that stood still past its lease can change nothing any more"
)

SHORT_LEASE = {"lease": 3.0}


def test_a_late_workers_outcome_is_refused(programs: Programs, gate: Path) -> None:
    (late,) = programs.worker("--threads=1", options=SHORT_LEASE).workers()
    result = hold.enqueue("held", str(gate))
    wait_until(Mark.objects.exists, "the run began")
    # Not afterwards: whoever stands still for long is killed.
    (other,) = programs.worker("--threads=1", options=SHORT_LEASE).workers()
    freeze(late)
    wait_until(lambda: Mark.objects.filter(pid=other.pid).exists(), "the other began it")
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, result.id)

    thaw(late)

    wait_until(lambda: not is_alive(late.pid), "the late worker left")
    run = TaskRun.objects.get(pk=result.id)
    assert (run.status, run.attempt, run.crashes) == (RunStatus.SUCCESSFUL, 2, 1)
    assert (run.result, run.worker_id) == (other.pid, other.pk)
    assert Worker.objects.get(pk=late.pk).status == WorkerStatus.LOST


@pytest.mark.guarantee("What an atomic task does to the database happens exactly once")
@pytest.mark.skipif(
    under_test.writers_wait, reason="the frozen transaction holds the one write lock there"
)
def test_a_late_workers_transaction_is_undone(
    programs: Programs, gate: Path, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    (late,) = programs.worker("--threads=1", options=SHORT_LEASE).workers()
    result = hold_atomically.enqueue("effect", str(gate), str(began))
    wait_until(Path(f"{began}-1").exists, "the run began")
    (other,) = programs.worker("--threads=1", options=SHORT_LEASE).workers()
    freeze(late)
    wait_until(Path(f"{began}-2").exists, "the other began it")
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, result.id)

    thaw(late)

    wait_until(lambda: not is_alive(late.pid), "the late worker left")
    assert [mark.pid for mark in Mark.objects.all()] == [other.pid]
    assert TaskRun.objects.get(pk=result.id).result == other.pid


@pytest.mark.guarantee("What an atomic task does to the database happens exactly once")
def test_a_worker_that_was_frozen_in_a_transaction_leaves_one_effect(
    programs: Programs, gate: Path, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    (late,) = programs.worker("--threads=1", options=SHORT_LEASE).workers()
    result = hold_atomically.enqueue("effect", str(gate), str(began))
    wait_until(Path(f"{began}-1").exists, "the run began")
    if not under_test.writers_wait:
        programs.worker("--threads=1", options=SHORT_LEASE)
    os.kill(late.pid, signal.SIGSTOP)
    gate.touch()
    if not under_test.writers_wait:
        wait_for_status(RunStatus.SUCCESSFUL, result.id)

    thaw(late)

    wait_for_status(RunStatus.SUCCESSFUL, result.id)
    assert Mark.objects.count() == 1
