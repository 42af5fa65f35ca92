"""An act on many runs waits for nobody that it need not wait for, and for the others one by one."""

import threading

import pytest
from django.db import connection, transaction

from tasks.control.acts import CANCEL, RETRY, perform
from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import make_run, status_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite locks no rows")
def test_runs_that_others_have_locked_are_waited_for_after_all_else_is_done() -> None:
    runs = [make_run() for _ in range(3)]
    locked, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            TaskRun.objects.select_for_update().get(pk=runs[0].pk)
            locked.set()
            assert may_go.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(30)
    acting = threading.Thread(target=_cancel, args=[runs])
    acting.start()
    try:
        while status_of(runs[2]) != RunStatus.CANCELLED:
            assert acting.is_alive()
        assert status_of(runs[0]) == RunStatus.READY
    finally:
        may_go.set()
        holder.join(30)
        acting.join(30)

    assert {status_of(run) for run in runs} == {RunStatus.CANCELLED}


def test_two_people_who_retry_the_same_runs_retry_each_once() -> None:
    runs = [make_run(status=RunStatus.FAILED) for _ in range(20)]
    effects: list[int] = []

    def retry() -> None:
        effects.append(perform(RETRY, [run.pk for run in runs], by=None).applied)
        connection.close()

    people = [threading.Thread(target=retry) for _ in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join(60)

    assert (len(effects), sum(effects)) == (3, 20)
    assert {status_of(run) for run in runs} == {RunStatus.READY}


def _cancel(runs: list[TaskRun]) -> None:
    perform(CANCEL, [run.pk for run in runs], by=None)
    connection.close()
