"""A worker whose database goes away finds its way back, and loses nothing."""

import json
from pathlib import Path

import pytest

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, hold
from tests.conformance.engine import under_test
from tests.conformance.harness import (
    Programs,
    cut_connections,
    manage,
    wait_for_status,
    wait_until,
)
from tests.conformance.private_postgres import private_postgres

pytestmark = [
    pytest.mark.guarantee(
        "A worker finds its way back to a database that was away, and loses nothing"
    ),
    pytest.mark.skipif(not under_test.has_connections, reason="a file has no connections to cut"),
]


def test_connections_cut_under_way_cost_no_run(programs: Programs, gate: Path) -> None:
    program = programs.worker("--threads=4")
    (worker,) = program.workers()
    held = [hold.enqueue(str(number), str(gate)).id for number in range(2)]
    wait_until(lambda: Mark.objects.count() == 2, "both began")
    quick = [result.id for result in enqueue_many(add, [((n, n), {}) for n in range(300)])]

    assert cut_connections() > 0
    wait_for_status(RunStatus.SUCCESSFUL, *quick)
    assert cut_connections() > 0
    gate.touch()

    wait_for_status(RunStatus.SUCCESSFUL, *held)
    assert [one.pid for one in program.workers()] == [worker.pid]
    assert not TaskRun.objects.filter(crashes__gt=0).exists()
    assert Mark.objects.count() == 2


def test_an_idle_worker_whose_connections_were_cut_still_answers(programs: Programs) -> None:
    program = programs.worker()
    (worker,) = program.workers()
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)

    assert cut_connections() > 0

    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(3, 4).id)
    assert cut_connections() > 0
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(5, 6).id)
    assert [one.pid for one in program.workers()] == [worker.pid]


def test_a_run_outlives_a_stop_of_the_whole_database(programs: Programs, gate: Path) -> None:
    with private_postgres() as server:
        its = {"TEST_DATABASE_URL": server.url}
        manage("migrate", "--run-syncdb", "--verbosity=0", environment=its)
        worker = programs.worker("--threads=2", environment=its, signs_on=False)
        run = ("tasks", "run", "tasks.tests.sample.tasks.hold")
        manage(*run, "--args", json.dumps(["held", str(gate)]), environment=its)
        wait_until(lambda: server.ask("SELECT 1 FROM sample_mark"), "the run began")

        server.stop()
        wait_until(lambda: "The database is away" in worker.log.read_text(), "it was missed")
        gate.touch()
        server.start()

        ended = "SELECT attempt, crashes FROM tasks_taskrun WHERE status = 'SUCCESSFUL'"
        assert wait_until(lambda: server.ask(ended), "the run has ended") == [(1, 0)]
        manage(*run, "--args", json.dumps(["next", str(gate)]), "--wait=20s", environment=its)
        labels = "SELECT label FROM sample_mark ORDER BY id"
        assert server.ask(labels) == [("held",), ("next",)]
        assert worker.process.poll() is None
