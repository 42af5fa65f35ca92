"""A task that kills its worker is tried so often and no more, and its neighbours come through."""

import pytest
from django.db.models import Sum

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun, Worker
from tasks.task import Task
from tasks.tests.factories import make_run
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import die, die_first, die_twice, leave_mark
from tests.conformance.harness import Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "A task that kills its worker is tried so often and no more, and its neighbours come through"
)

THREADS = 4


@pytest.mark.parametrize(("poison", "starts"), [(die, 3), (die_twice, 2)])
def test_a_task_that_kills_its_worker_ends_failed_and_nobody_with_it(
    programs: Programs, poison: Task[[str], None], starts: int
) -> None:
    neighbours = enqueue_many(leave_mark, [((f"n{number}",), {}) for number in range(200)])
    run = TaskRun.objects.get(pk=poison.enqueue("poison").id)

    program = programs.worker(f"--threads={THREADS}", signs_on=False)

    wait_for_status(RunStatus.FAILED, str(run.pk))
    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in neighbours))
    run.refresh_from_db()
    assert Mark.objects.filter(label="poison").count() == starts
    assert (run.attempt, run.crashes) == (starts, starts)
    assert [failure["exception_class_path"] for failure in run.failures] == [
        "tasks.errors.WorkerLost"
    ] * starts
    # Only those that really ran beside it lost an attempt; what was merely claimed did not.
    charged = TaskRun.objects.exclude(pk=run.pk).aggregate(crashes=Sum("crashes"))["crashes"]
    assert charged <= starts * (THREADS - 1)
    labels = Mark.objects.exclude(label="poison").values_list("label", flat=True)
    assert set(labels) == {f"n{number}" for number in range(200)}
    assert program.process.poll() is None


def test_a_run_on_its_last_life_is_tried_alone_whatever_its_queue(programs: Programs) -> None:
    suspect = make_run(queue="named by no task", crashes=2, spent=2, max_attempts=8)

    programs.worker()

    wait_for_status(RunStatus.SUCCESSFUL, str(suspect.pk))


def test_nobody_is_started_for_a_run_on_its_last_life_of_other_queues(programs: Programs) -> None:
    suspect = make_run(queue="elsewhere", crashes=2, spent=2, max_attempts=8)

    program = programs.worker("--queues=brief", options={"lease": 3.0})
    (worker,) = program.workers()
    beats = Worker.objects.filter(pk=worker.pk, beat_at__gt=worker.beat_at)
    wait_until(beats.exists, "the worker looked")
    wait_for_status(RunStatus.SUCCESSFUL, leave_mark.enqueue("mine").id)

    assert "tried alone" not in program.log.read_text()
    assert TaskRun.objects.get(pk=suspect.pk).status == RunStatus.READY


def test_a_task_that_kills_its_worker_once_is_done_the_second_time(programs: Programs) -> None:
    result = die_first.enqueue("once")

    program = programs.worker(signs_on=False)

    wait_for_status(RunStatus.SUCCESSFUL, result.id)
    run = TaskRun.objects.get(pk=result.id)
    assert (run.attempt, run.crashes) == (2, 1)
    (worker,) = wait_until(program.workers, "the process was replaced")
    assert run.result == worker.pid
