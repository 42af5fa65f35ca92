"""A worker that is told to stop finishes what it can, hands back the rest, and leaves in order."""

import signal
import time
from pathlib import Path

import pytest

from tasks.enqueue import enqueue_many
from tasks.errors import WaitTimeout
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, add_async, hold, leave_mark, nap
from tests.conformance.harness import Programs, is_alive, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "A worker that is told to stop finishes what it can and hands back the rest unpenalised"
)

GRACE_SECONDS = 2.0
BUSY_MACHINE_SECONDS = 2.0


def starts_nothing() -> bool:
    """Whether the worker leaves alone what it has room for: it has heard that it is to stop."""
    try:
        add_async.enqueue(1, 2).wait(0.5)
    except WaitTimeout:
        return True
    return False


def test_what_can_finish_does_and_the_rest_is_handed_back(
    programs: Programs, gate: Path, tmp_path: Path
) -> None:
    program = programs.worker("--threads=4", f"--grace={GRACE_SECONDS}")
    (worker,) = program.workers()
    short = [hold.enqueue("short", str(gate)).id for _ in range(2)]
    long = [hold.enqueue("long", str(tmp_path / "never")).id for _ in range(2)]
    long.append(nap.enqueue(60).id)
    wait_until(lambda: Mark.objects.count() == 4, "all four began")
    wait_for_status(RunStatus.RUNNING, *long)
    queued = [hold.enqueue("queued", str(gate)).id for _ in range(3)]

    told_at = time.monotonic()
    program.send(signal.SIGTERM)
    wait_until(starts_nothing, "the worker was told")
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, *short)
    program.send(signal.SIGTERM)

    assert program.wait() == 0
    assert time.monotonic() - told_at < GRACE_SECONDS + 1 + BUSY_MACHINE_SECONDS
    assert not program.pids()
    assert not is_alive(worker.pid)
    assert Worker.objects.get().status == WorkerStatus.STOPPED
    for run in TaskRun.objects.filter(pk__in=long):
        assert (run.status, run.attempt, run.spent, run.crashes) == (RunStatus.READY, 1, 0, 0)
        assert run.failures == []
    for run in TaskRun.objects.filter(pk__in=queued):
        assert (run.status, run.spent, run.crashes) == (RunStatus.READY, 0, 0)
    assert not Mark.objects.filter(label="queued").exists()


def test_an_idle_worker_leaves_at_once(programs: Programs) -> None:
    program = programs.worker(processes=2)

    told_at = time.monotonic()
    program.send(signal.SIGINT)

    assert program.wait() == 0
    # Far below its grace of ten seconds.
    assert time.monotonic() - told_at < 5
    assert {worker.status for worker in Worker.objects.all()} == {WorkerStatus.STOPPED}


def test_draining_empties_also_queues_that_no_task_names(programs: Programs) -> None:
    result = add.using(queue_name="named by no task").enqueue(1, 2)

    assert programs.worker("--drain", signs_on=False).wait() == 0

    assert TaskRun.objects.get(pk=result.id).status == RunStatus.SUCCESSFUL


def test_draining_ends_when_nothing_is_left(programs: Programs) -> None:
    enqueue_many(leave_mark, [((str(number),), {}) for number in range(50)])
    waits = add.using(queue_name="elsewhere").enqueue(1, 2)

    program = programs.worker("--drain", "--queues=brief,other", signs_on=False)

    assert program.wait() == 0
    assert Mark.objects.count() == 50
    assert TaskRun.objects.filter(status=RunStatus.SUCCESSFUL).count() == 50
    assert TaskRun.objects.get(pk=waits.id).status == RunStatus.READY


def test_processes_leave_when_their_supervisor_is_killed(programs: Programs) -> None:
    program = programs.worker(processes=2)

    program.send(signal.SIGKILL)
    program.wait()

    # They look for it once a second.
    wait_until(lambda: not program.pids(), "all have left", seconds=20)
