"""A worker whose database goes away finds its way back, and loses nothing."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, hold, leave_mark
from tests.conformance.engine import under_test
from tests.conformance.harness import (
    Program,
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

AWAY = "The database is away"
SILENCE = """
    UPDATE tasks_worker SET beat_at = now() - interval '1 hour', lease_until = now() RETURNING 1
"""
SET_NEXT = "UPDATE tasks_taskrun SET {} WHERE arguments LIKE '%\"next\"%' RETURNING 1"
IS_LATER = SET_NEXT.format("status = 'SCHEDULED', run_at = now() + interval '1 hour'")
IS_DUE = SET_NEXT.format("status = 'SCHEDULED', run_at = now()")
IS_LOST = SET_NEXT.format("status = 'RUNNING'")
READY = "SELECT 1 FROM tasks_taskrun WHERE status = 'READY' AND name LIKE '%.hold'"
ENDED = """
    SELECT arguments::json -> 'args' ->> 0, attempt, crashes FROM tasks_taskrun
    WHERE status = 'SUCCESSFUL' AND name LIKE '%.hold' ORDER BY id
"""


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


def test_runs_after_an_idle_workers_connections_were_cut_succeed_at_once(
    programs: Programs,
) -> None:
    program = programs.worker("--threads=4")
    (worker,) = program.workers()

    for _ in range(3):
        # They write from the threads that have written before.
        marks = enqueue_many(leave_mark, [((str(number),), {}) for number in range(20)])
        wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in marks))
        assert cut_connections() > 0

    assert Mark.objects.count() == 60
    # A claim that was handed back unstarted is counted, and refunded.
    assert not TaskRun.objects.exclude(spent=1, errors="[]").exists()
    assert [one.pid for one in program.workers()] == [worker.pid]


def test_a_run_outlives_a_stop_of_the_whole_database(programs: Programs, gate: Path) -> None:
    """Also when the timer is back before the worker, which has not beaten for long by then."""
    with private_postgres() as server:
        its = {"TEST_DATABASE_URL": server.url}
        manage("migrate", "--run-syncdb", "--verbosity=0", environment=its)
        for label in ("held", "next"):
            run = ("tasks", "run", "tasks.tests.sample.tasks.hold", "--args")
            manage(*run, json.dumps([label, str(gate)]), environment=its)
        server.ask(IS_LATER)
        worker = programs.worker("--threads=2", environment=its, signs_on=False)
        timer = programs.timer(options={"sweep": 0.5}, environment=its)
        wait_until(lambda: server.ask("SELECT 1 FROM sample_mark"), "the run began")

        server.stop()
        wait_until(lambda: AWAY in worker.log.read_text(), "the worker missed it")
        wait_until(lambda: AWAY in timer.log.read_text(), "the timer missed it")
        with stopped(worker):
            # Whoever is not back a lease after the timer is lost: nothing else is done here.
            server.start()
            server.ask(SILENCE)
            # Two jobs of the timer: between them it has noted that the database is back, and in the
            # second it looks for workers that are lost.
            for state in (IS_DUE, IS_LOST):
                server.ask(state)
                wait_until(lambda: server.ask(READY), "the timer had a turn")
        gate.touch()

        wait_until(lambda: len(server.ask(ENDED)) == 2, "both have ended")
        assert server.ask(ENDED) == [("held", 1, 0), ("next", 1, 1)]
        labels = "SELECT label FROM sample_mark ORDER BY id"
        assert server.ask(labels) == [("held",), ("next",)]
        assert worker.process.poll() is None


@contextmanager
def stopped(program: Program) -> Iterator[None]:
    """Have all its processes stand still meanwhile."""
    pids = program.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
