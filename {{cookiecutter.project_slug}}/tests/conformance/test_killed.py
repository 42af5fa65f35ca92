"""Whoever is killed, its runs go on elsewhere, and nothing happens twice that must not."""

import os
import signal
from pathlib import Path

import pytest
from django.conf import settings

from demo import sandbox
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from orders.models import Order
from orders.states import OrderState
from orders.tests.factories import make_order
from orders.tests.invariants import assert_books_balance
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import checkpoint_and_die, hold
from tests.conformance.engine import under_test
from tests.conformance.harness import Programs, is_alive, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "A run whose worker was killed starts again elsewhere within seconds"
)


def test_a_lost_machines_run_is_soon_done_by_another(programs: Programs, gate: Path) -> None:
    both = [programs.worker("--threads=1"), programs.worker("--threads=1")]
    result = hold.enqueue("held", str(gate))
    first = wait_until(Mark.objects.first, "the run began")
    lost = next(program for program in both if first.pid in program.pids())

    lost.kill()

    wait_until(
        lambda: Mark.objects.count() == 2,
        "the run began again",
        seconds=under_test.second_start_seconds,
    )
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, result.id)
    run = TaskRun.objects.get(pk=result.id)
    assert run.result == Mark.objects.latest("id").pid != first.pid
    assert (run.attempt, run.crashes) == (2, 1)
    assert [failure["exception_class_path"] for failure in run.failures] == [
        "tasks.errors.WorkerLost"
    ]
    assert Worker.objects.get(pid=first.pid).status == WorkerStatus.LOST


def test_a_killed_processes_run_goes_to_its_sibling_at_once(programs: Programs, gate: Path) -> None:
    program = programs.worker("--threads=2", processes=2)
    result = hold.enqueue("held", str(gate))
    first = wait_until(Mark.objects.first, "the run began")
    (sibling,) = [worker for worker in program.workers() if worker.pid != first.pid]

    os.kill(first.pid, signal.SIGKILL)

    wait_until(lambda: Mark.objects.count() == 2, "the run began again", seconds=3)
    assert Mark.objects.latest("id").pid == sibling.pid
    replaced = program.wait_for_workers(2)
    assert sibling.pid in [worker.pid for worker in replaced]
    assert first.pid not in [worker.pid for worker in replaced]
    assert is_alive(program.process.pid)
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, result.id)


DOOMED = """
import os

os.register_at_fork(after_in_child=lambda: os.path.exists({doom!r}) and os._exit(3))
"""


@pytest.mark.once
def test_a_sibling_that_dies_is_missed_while_others_die_as_soon_as_they_start(
    programs: Programs, gate: Path, tmp_path: Path
) -> None:
    doom, own = tmp_path / "doom", tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text(DOOMED.format(doom=str(doom)))
    program = programs.worker("--threads=1", processes=2, environment={"PYTHONPATH": str(own)})
    result = hold.enqueue("held", str(gate))
    first = wait_until(Mark.objects.first, "the run began")
    (sibling,) = [worker for worker in program.workers() if worker.pid != first.pid]
    doom.touch()
    os.kill(sibling.pid, signal.SIGKILL)
    # Now the supervisor puts the next start off, for four seconds at least.
    wait_until(lambda: program.log.read_text().count("exit code 3") == 5, "five died at once")

    os.kill(first.pid, signal.SIGKILL)

    held = TaskRun.objects.filter(pk=result.id, status=RunStatus.RUNNING)
    wait_until(lambda: not held.exists(), "its run was given back", seconds=3.5)
    doom.unlink()
    gate.touch()
    program.wait_for_workers(2)
    wait_for_status(RunStatus.SUCCESSFUL, result.id)


@pytest.mark.once
def test_a_supervisor_that_gave_runs_back_has_nothing_that_a_fork_must_not_share(
    programs: Programs, gate: Path
) -> None:
    program = programs.worker("--threads=1")
    result = hold.enqueue("held", str(gate))
    first = wait_until(Mark.objects.first, "the run began")

    os.kill(first.pid, signal.SIGKILL)

    wait_until(lambda: Mark.objects.count() == 2, "the run began again")
    supervisor = Path(f"/proc/{program.process.pid}")
    assert len(list((supervisor / "task").iterdir())) == 1
    opened = [str(file.readlink()) for file in (supervisor / "fd").iterdir()]
    # redis-py knows by itself when it is in a fork, and connects anew.
    sockets = [name for name in opened if name.startswith("socket:")]
    assert len(sockets) <= int(under_test.has_carrier)
    assert not [name for name in opened if ".sqlite3" in name]
    gate.touch()
    wait_for_status(RunStatus.SUCCESSFUL, result.id)


SPOILT = """
import os
import threading
import time


def spoil():
    from tasks.worker.process import WorkerProcess

    WorkerProcess.do_chores = lambda self: 1 / 0
    threading.Thread(target=time.sleep, args=(600,)).start()


os.register_at_fork(after_in_child=lambda: os.path.exists({doom!r}) and spoil())
"""


@pytest.mark.once
def test_a_process_that_cannot_go_on_ends_whatever_threads_a_body_has_left_in_it(
    programs: Programs, tmp_path: Path
) -> None:
    doom, own = tmp_path / "doom", tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text(SPOILT.format(doom=str(doom)))
    doom.touch()

    program = programs.worker(environment={"PYTHONPATH": str(own)}, signs_on=False)

    wait_until(lambda: "exit code 1" in program.log.read_text(), "it ended", seconds=20)
    doom.unlink()
    program.wait_for_workers(1)


NO_FORK = """
from multiprocessing import get_context

from tasks.worker import birth

birth.BIRTHS = get_context("spawn")
"""


@pytest.mark.once
def test_workers_are_replaced_also_where_none_can_be_a_fork(
    programs: Programs, gate: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text(NO_FORK)
    paths = f"{own}:{settings.BASE_DIR}"
    program = programs.worker("--threads=1", environment={"PYTHONPATH": paths})
    result = hold.enqueue("held", str(gate))
    first = wait_until(Mark.objects.first, "the run began")
    assert b"spawn_main" in Path(f"/proc/{first.pid}/cmdline").read_bytes()

    os.kill(first.pid, signal.SIGKILL)

    wait_until(lambda: Mark.objects.count() == 2, "the run began again")
    program.send(signal.SIGTERM)
    gate.touch()
    assert program.wait() == 0
    assert TaskRun.objects.get(pk=result.id).status == RunStatus.SUCCESSFUL


@pytest.mark.guarantee("Of what there are fifty, fifty are sold, and each is charged once")
def test_a_killed_workers_order_is_charged_once(programs: Programs, witness: Witness) -> None:
    program = programs.worker("--threads=2", processes=2)
    order = make_order(token=sandbox.SLOW)
    wait_until(witness.charges, "the bank was asked")
    run = TaskRun.objects.get(queue="orders", status=RunStatus.RUNNING)
    assert run.worker_id is not None

    os.kill(Worker.objects.get(pk=run.worker_id).pid, signal.SIGKILL)

    orders = Order.objects.filter(pk=order.pk, state=OrderState.CONFIRMED)
    wait_until(orders.exists, "the order was confirmed")
    charge = witness.charge()
    assert (charge.state, charge.calls) == (State.SUCCEEDED, 1)
    assert_books_balance()
    assert is_alive(program.process.pid)


@pytest.mark.guarantee("What a body has stored of its progress outlives its worker")
def test_a_checkpoint_survives_the_death_of_its_worker(programs: Programs) -> None:
    programs.worker()

    result = checkpoint_and_die.enqueue("page")

    wait_for_status(RunStatus.SUCCESSFUL, result.id)
    run = TaskRun.objects.get(pk=result.id)
    assert (run.result, run.attempt, run.crashes) == (7, 2, 1)
