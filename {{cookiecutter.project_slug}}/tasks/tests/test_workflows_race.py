"""Two that do the same at the same moment: it is done once."""

import threading
import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, connections

from tasks import ledger
from tasks.models import RunGroup, RunStatus, TaskRun
from tasks.tests.factories import claim, make_worker
from tasks.tests.flows import finish, row_of
from tasks.tests.sample.tasks import add, echo
from tasks.workflows import chain, group

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 15


def at_once(*calls: Callable[[], object]) -> None:
    """Make the calls at the same moment, each in a thread with a connection of its own."""
    barrier = threading.Barrier(len(calls))
    errors: list[BaseException] = []

    def work(call: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            call()
        except BaseException as error:  # noqa: BLE001 - the test's own thread raises it
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    if errors:
        raise errors[0]


def _note(answers: list[int], call: Callable[[], int]) -> None:
    answers.append(call())


def test_the_last_two_members_that_end_at_once_let_the_callback_go_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = make_worker()
    for _ in range(ROUNDS):
        rung: list[uuid.UUID] = []
        result = group([add.s(1, 1), add.s(2, 2)], then=echo.s()).enqueue()
        monkeypatch.setattr("tasks.ledger.bell._rings", [rung.extend])
        first, second = claim(worker)

        at_once(partial(finish, first), partial(finish, second))

        then = row_of(result.then)
        assert (then.status, then.args) == (RunStatus.READY, [[None, None]])
        assert rung == [then.id]
        assert RunGroup.objects.get(pk=result.id).finished_at is not None
        (claimed,) = claim(worker)
        finish(claimed)


def test_a_group_whose_end_two_see_is_ended_by_one() -> None:
    for _ in range(ROUNDS):
        result = group([add.s(1, 1)], then=echo.s()).enqueue()
        TaskRun.objects.filter(group_id=result.id).update(status=RunStatus.SUCCESSFUL)
        ended: list[int] = []
        ids = [uuid.UUID(result.id)]

        at_once(*[partial(_note, ended, partial(ledger.end_groups, ids))] * 3)

        assert sorted(ended) == [0, 0, 1]
        assert row_of(result.then).args == [[None]]
        ledger.cancel([row_of(result.then).id])


def test_a_step_is_released_once_by_its_predecessor_and_the_sweep() -> None:
    worker = make_worker()
    for _ in range(ROUNDS):
        result = chain(add.s(1, 1), echo.s()).enqueue()
        (claimed,) = claim(worker)

        at_once(partial(finish, claimed), ledger.sweep_workflows)

        assert row_of(result.steps[1]).args == [None]
        ledger.cancel([row_of(result.steps[1]).id])


def test_a_step_that_is_cancelled_while_it_is_released_is_one_or_the_other() -> None:
    worker = make_worker()
    for _ in range(ROUNDS):
        result = chain(add.s(1, 1), echo.s(), echo.s()).enqueue()
        (claimed,) = claim(worker)
        second, last = row_of(result.steps[1]), row_of(result.steps[2])

        at_once(
            partial(finish, claimed),
            partial(ledger.cancel, [second.id]),
        )

        assert row_of(result.steps[1]).status == RunStatus.CANCELLED
        assert row_of(result.steps[2]).status == RunStatus.CANCELLED
        assert claim(worker) == []
        assert last.status == RunStatus.WAITING


def test_a_member_that_is_retried_while_its_group_ends_ends_it_again() -> None:
    worker = make_worker()
    for _ in range(ROUNDS):
        result = group([add.s(1, 1), add.s(2, 2)], then=echo.s()).enqueue()
        first, second = claim(worker)
        finish(first, RunStatus.FAILED)

        at_once(
            partial(finish, second),
            partial(ledger.retry, [first.id]),
        )

        claimed = {one.id: one for one in claim(worker)}
        finish(claimed.pop(first.id))
        for one in [*claimed.values(), *claim(worker)]:
            finish(one)
        then = row_of(result.then)
        assert (then.status, then.attempt) == (RunStatus.SUCCESSFUL, 1)
        assert RunGroup.objects.get(pk=result.id).failed == 0
        assert ledger.sweep_workflows() == 0
