"""A run comes with its transaction: neither without it, nor before, nor twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection, transaction

from tasks.enqueue import enqueue_many
from tasks.models import TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, echo, glance, hold, leave_mark
from tests.conformance.engine import under_test
from tests.conformance.harness import Program, wait_until

pytestmark = pytest.mark.guarantee("A run is stored with its transaction, or not at all")

PRODUCERS = 8


class Undone(Exception):
    """Ends a transaction as if it had never been."""


def elsewhere[T](call: Callable[[], T]) -> T:
    """Return what a call returns on a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(in_thread, call).result()


def in_thread[T](call: Callable[[], T]) -> T:
    try:
        return call()
    finally:
        connection.close()


def undone() -> None:
    with transaction.atomic():
        leave_mark.enqueue("undone")
        enqueue_many(leave_mark, [(("undone",), {})] * 5)
        raise Undone


def test_a_rollback_leaves_nothing_and_starts_nothing(crew: Program) -> None:
    with pytest.raises(Undone):
        undone()

    # The workers have looked by then.
    after = add.enqueue(1, 2).wait(10)
    assert [str(run.pk) for run in TaskRun.objects.all()] == [after.id]
    assert not Mark.objects.exists()


def test_nothing_starts_before_its_transaction_is_committed(crew: Program) -> None:
    with transaction.atomic():
        early = leave_mark.enqueue("early")
        if not under_test.writers_wait:
            # Another's run comes, is done, and this one still waits.
            elsewhere(lambda: add.enqueue(1, 2).wait(10))
        assert not elsewhere(Mark.objects.exists)

    early.wait(10)
    assert Mark.objects.count() == 1


@pytest.mark.guarantee("Of a unique key one run lives, however many ask for it at once")
def test_producers_at_once_have_one_live_run_of_a_unique_key(crew: Program, gate: Path) -> None:
    start = Barrier(PRODUCERS)
    unique = hold.using(unique_key="one")

    def produce(_: int) -> str:
        start.wait(10)
        return in_thread(lambda: unique.enqueue("held", str(gate))).id

    with ThreadPoolExecutor(PRODUCERS) as producers:
        ids = set(producers.map(produce, range(PRODUCERS)))

    (id_,) = ids
    wait_until(Mark.objects.exists, "it began")
    live = unique.enqueue("held", str(gate))
    assert live.id == id_
    gate.touch()
    live.wait(10)
    assert Mark.objects.count() == 1
    assert unique.enqueue("held", str(gate)).wait(10).id != id_


def test_a_thousand_calls_at_once_are_a_thousand_runs_in_their_order(crew: Program) -> None:
    results = enqueue_many(echo, [((number,), {}) for number in range(1000)])

    assert [result.wait(30).return_value for result in results] == list(range(1000))
    assert not TaskRun.objects.exclude(attempt=1).exists()


@pytest.mark.guarantee("A call that need not be kept is carried all the same")
def test_a_call_that_may_be_lost_is_made_when_nothing_breaks(crew: Program) -> None:
    glance.enqueue("seen")

    wait_until(lambda: Mark.objects.filter(label="seen").exists(), "it was made")
