"""ReArq's strength: very many coroutines in one process."""

from pathlib import Path

from django.db.models import Max, Min

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.tasks import add, add_async, hold, nap
from tests.conformance.harness import Programs, wait_for_status


def test_a_thousand_coroutines_that_wait_a_second_take_three(programs: Programs) -> None:
    programs.worker("--concurrency=1000")

    results = enqueue_many(nap, [((1.0,), {})] * 1000)

    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))
    ends = TaskRun.objects.aggregate(first=Min("started_at"), last=Max("finished_at"))
    assert (ends["last"] - ends["first"]).total_seconds() <= 3


def test_busy_threads_hold_up_no_coroutine(programs: Programs, tmp_path: object) -> None:
    programs.worker("--threads=1")
    plain = [hold.enqueue("held", f"{tmp_path}/gate") for _ in range(50)]
    wait_for_status(RunStatus.RUNNING, plain[0].id)

    results = [add_async.enqueue(number, number) for number in range(20)]

    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))


INITIALISED = """
from pathlib import Path
from tortoise import Tortoise

async def init(*_arguments, **_options):
    Path({name!r}).write_text("initialised")

Tortoise.init = init
Path({watched!r}).touch()
"""


def test_a_worker_that_has_work_does_not_initialise_tortoise(
    programs: Programs, tmp_path: Path
) -> None:
    initialised, watched = tmp_path / "initialised", tmp_path / "watched"
    program = INITIALISED.format(name=str(initialised), watched=str(watched))
    (tmp_path / "sitecustomize.py").write_text(program)
    programs.worker(environment={"PYTHONPATH": str(tmp_path)})

    wait_for_status(RunStatus.SUCCESSFUL, add_async.enqueue(1, 2).id, add.enqueue(1, 2).id)

    assert watched.exists()
    assert not initialised.exists()
