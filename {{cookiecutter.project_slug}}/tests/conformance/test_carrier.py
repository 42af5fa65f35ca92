"""Messages only wake: lost, doubled or senseless, they change nothing but the time."""

import uuid
from pathlib import Path

import pytest

from tasks.engine import engine
from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, hold, leave_mark
from tests.conformance.engine import Carrier, under_test
from tests.conformance.harness import Program, Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee("A message that is lost, doubled or senseless costs no run")

RECOVERED_SECONDS = 90.0
"""From the loss of all messages to the end of all runs."""

needs_carrier = pytest.mark.skipif(
    not under_test.has_carrier, reason="its messages travel with the rows"
)


@pytest.fixture
def carrier() -> Carrier:
    return under_test.carrier()


def test_a_run_that_is_rung_again_and_again_runs_once(crew: Program) -> None:
    ids = [result.id for result in enqueue_many(leave_mark, [((str(n),), {}) for n in range(50)])]

    for _ in range(3):
        engine.ring([uuid.UUID(id_) for id_ in ids])

    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    add.enqueue(1, 2).wait(10)
    assert Mark.objects.count() == 50
    assert not TaskRun.objects.exclude(attempt=1).exists()


@needs_carrier
@pytest.mark.timeout(RECOVERED_SECONDS + 60)
def test_runs_whose_messages_are_lost_are_rung_again(
    programs: Programs, carrier: Carrier, gate: Path
) -> None:
    programs.timer(options={"sweep": 1.0})
    programs.worker("--threads=2")
    held = [hold.enqueue("held", str(gate)).id for _ in range(2)]
    wait_until(lambda: Mark.objects.count() == 2, "both began")
    queued = [result.id for result in enqueue_many(add, [((n, n), {}) for n in range(100)])]

    assert carrier.lose_messages() > 0
    gate.touch()

    wait_for_status(RunStatus.SUCCESSFUL, *held, *queued, seconds=RECOVERED_SECONDS)
    assert not TaskRun.objects.filter(crashes__gt=0).exists()
    assert Mark.objects.count() == 2


@needs_carrier
@pytest.mark.timeout(RECOVERED_SECONDS + 60)
def test_enqueueing_goes_on_while_the_carrier_is_away(programs: Programs, carrier: Carrier) -> None:
    programs.timer(options={"sweep": 1.0})
    program = programs.worker("--threads=2")
    workers = program.workers()
    add.enqueue(1, 2).wait(10)

    with carrier.away():
        ids = [add.enqueue(number, number).id for number in range(5)]

    wait_for_status(RunStatus.SUCCESSFUL, *ids, seconds=RECOVERED_SECONDS)
    assert program.workers() == workers


@needs_carrier
def test_a_senseless_message_harms_no_neighbour(crew: Program, carrier: Carrier) -> None:
    workers = crew.workers()

    assert carrier.send_nonsense() > 0

    ids = [result.id for result in enqueue_many(add, [((n, n), {}) for n in range(50)])]
    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    assert crew.workers() == workers
