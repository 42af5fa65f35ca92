"""No body outlives its time limit, whatever it is busy with."""

from pathlib import Path

import pytest

from tasks.models import RunStatus, TaskRun, Worker
from tasks.results import RunResult
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import (
    compute_in_c,
    hold,
    note_for_ever,
    sleep_in_c,
    spin,
    spin_async,
)
from tests.conformance.harness import Program, Programs, is_alive, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee("No body outlives its time limit, whatever it is busy with")


def start_with_a_neighbour(programs: Programs, gate: Path) -> tuple[Worker, RunResult[..., int]]:
    """Start a worker that has one run held already."""
    (worker,) = programs.worker("--threads=2", options={"time_limit_grace": 0.5}).workers()
    neighbour = hold.enqueue("neighbour", str(gate))
    wait_until(Mark.objects.exists, "the neighbour began")
    return worker, neighbour


def test_python_and_coroutines_are_interrupted_where_they_are(crew: Program) -> None:
    workers = crew.workers()

    ids = [spin.enqueue("python").id, spin_async.enqueue().id]

    wait_for_status(RunStatus.FAILED, *ids)
    for run in TaskRun.objects.all():
        (failure,) = run.failures
        assert failure["exception_class_path"] == "tasks.errors.TimeLimitExceeded"
        assert run.crashes == 0
    assert crew.workers() == workers


def test_a_body_beyond_reach_ends_its_process_and_its_neighbours_lose_nothing(
    programs: Programs, gate: Path
) -> None:
    worker, neighbour = start_with_a_neighbour(programs, gate)

    stuck = sleep_in_c.enqueue("stuck")

    wait_for_status(RunStatus.FAILED, stuck.id)
    wait_until(lambda: not is_alive(worker.pid), "the process ended")
    run = TaskRun.objects.get(pk=stuck.id)
    assert (run.attempt, run.crashes) == (1, 1)
    assert run.failures[-1]["exception_class_path"] == "tasks.errors.WorkerLost"
    marks = Mark.objects.filter(label="neighbour")
    wait_until(lambda: marks.count() == 2, "the neighbour began again")
    run = TaskRun.objects.get(pk=neighbour.id)
    assert (run.attempt, run.spent, run.crashes) == (2, 1, 0)
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, neighbour.id)


def test_a_body_that_keeps_the_interpreter_ends_its_process_and_only_its_own_run_crashes(
    programs: Programs, gate: Path
) -> None:
    worker, neighbour = start_with_a_neighbour(programs, gate)

    stuck = compute_in_c.enqueue("stuck")

    wait_for_status(RunStatus.FAILED, stuck.id)
    assert not is_alive(worker.pid)
    run = TaskRun.objects.get(pk=stuck.id)
    assert (run.attempt, run.crashes) == (1, 1)
    assert "SIGKILL" in run.failures[-1]["message"]
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, neighbour.id)
    run = TaskRun.objects.get(pk=neighbour.id)
    assert (run.attempt, run.spent, run.crashes) == (2, 1, 0)


def test_an_interruption_never_lands_inside_the_ledgers_own_writes(crew: Program) -> None:
    workers = crew.workers()

    ids = [note_for_ever.enqueue(f"writer {number}").id for number in range(12)]

    wait_for_status(RunStatus.FAILED, *ids)
    for run in TaskRun.objects.filter(pk__in=ids):
        (failure,) = run.failures
        assert failure["exception_class_path"] == "tasks.errors.TimeLimitExceeded"
        # Raised by the body's line, not inside the statement that stores.
        assert "execute" not in failure["traceback"]
        assert run.state is not None
    assert crew.workers() == workers
