"""People ask worker processes to be quiet, to work again, and to stop; they heed it in seconds."""

from pathlib import Path

import pytest

from tasks.models import RunStatus, TaskRun, Wish, Worker, WorkerStatus
from tasks.service import service
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, add_async, hold
from tests.conformance.harness import Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "A worker that is told to stop finishes what it can and hands back the rest unpenalised"
)


def takes_nothing() -> bool:
    """Whether runs of all kinds stay where they are."""
    ids = [add.enqueue(1, 2).id, add_async.enqueue(1, 2).id]
    started = TaskRun.objects.filter(pk__in=ids).exclude(status=RunStatus.READY)
    try:
        wait_until(started.exists, "one begins", seconds=2.5)
    except AssertionError:
        return True
    return False


def test_a_quiet_worker_finishes_what_runs_and_takes_nothing_until_it_is_woken(
    programs: Programs, gate: Path
) -> None:
    program = programs.worker("--threads=2")
    (worker,) = program.workers()
    held = hold.enqueue("held", str(gate)).id
    wait_for_status(RunStatus.RUNNING, held)

    assert service.ask_worker(worker.pk, Wish.QUIET, by=None)
    wait_until(takes_nothing, "the worker is quiet")
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, held)
    waiting = list(TaskRun.objects.filter(status=RunStatus.READY).values_list("pk", flat=True))
    assert waiting
    assert Worker.objects.get().status == WorkerStatus.ALIVE

    assert service.ask_worker(worker.pk, Wish.WORK, by=None)
    wait_for_status(RunStatus.SUCCESSFUL, *map(str, waiting))


def test_a_worker_that_is_asked_to_stop_finishes_what_runs_and_is_not_replaced(
    programs: Programs, gate: Path
) -> None:
    # Whoever gets both has a thread left for what comes.
    program = programs.worker("--threads=3", processes=2)
    workers = {worker.pk: worker for worker in program.workers()}
    runs = [hold.enqueue("held", str(gate)).id for _ in range(2)]
    wait_for_status(RunStatus.RUNNING, *runs)
    holder = TaskRun.objects.get(pk=runs[0]).worker_id
    assert holder is not None
    first = workers.pop(holder)
    (second,) = workers.values()

    assert service.ask_worker(first.pk, Wish.STOP, by=None)
    wait_until(lambda: takes_nothing_itself(first), "the worker was told")
    gate.touch()

    wait_for_status(RunStatus.SUCCESSFUL, *runs)
    wait_until(lambda: [worker.pk for worker in program.workers()] == [second.pk], "one is left")
    assert Worker.objects.get(pk=first.pk).status == WorkerStatus.STOPPED
    assert not service.ask_worker(second.pk, Wish.WORK, by=None)
    assert Mark.objects.filter(label="held").count() == 2
    service.ask_worker(second.pk, Wish.STOP, by=None)
    assert program.wait() == 0


def takes_nothing_itself(worker: Worker) -> bool:
    """Whether other workers take what comes."""
    ids = [add.enqueue(1, 2).id for _ in range(4)]
    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    return not TaskRun.objects.filter(pk__in=ids, worker_id=worker.pk).exists()
