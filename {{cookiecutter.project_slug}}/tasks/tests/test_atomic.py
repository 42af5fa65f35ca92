"""An atomic task's effects and outcome are one transaction: both are there, or neither."""

import pytest
from django.db import transaction

from tasks import ledger, runner
from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import claim, make_held_run, make_worker
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import mark_atomically
from tasks.worker.executing import Executing

pytestmark = pytest.mark.django_db(transaction=True)

NAME = mark_atomically.module_path
ARGUMENTS = '{"args":["effect"],"kwargs":{"fails":%s}}'


def test_effect_and_outcome_are_written_together() -> None:
    run, claimed = make_held_run(name=NAME, arguments=ARGUMENTS % "false")

    finished = runner.run(claimed, Executing())

    assert finished.outcome is not None
    assert finished.outcome.written
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCESSFUL
    assert Mark.objects.count() == 1


def test_a_body_that_fails_leaves_no_effect() -> None:
    run, claimed = make_held_run(name=NAME, arguments=ARGUMENTS % "true")

    finished = runner.run(claimed, Executing())

    assert not Mark.objects.exists()
    assert finished.outcome is not None
    assert not finished.outcome.written
    assert finished.outcome.status == RunStatus.SCHEDULED
    assert ledger.settle([finished.outcome]) == set()
    run.refresh_from_db()
    assert run.status == RunStatus.SCHEDULED


def test_a_late_body_leaves_no_effect_beside_that_of_its_successor() -> None:
    run, late = make_held_run(name=NAME, arguments=ARGUMENTS % "false")
    TaskRun.objects.update(status=RunStatus.READY)
    (claimed,) = claim(make_worker())
    runner.run(claimed, Executing())

    finished = runner.run(late, Executing())

    assert finished.outcome is None
    assert Mark.objects.count() == 1
    run.refresh_from_db()
    assert (run.status, run.attempt) == (RunStatus.SUCCESSFUL, 2)


def test_a_late_body_leaves_no_effect_before_its_successor_has_one() -> None:
    _, late = make_held_run(name=NAME, arguments=ARGUMENTS % "false")
    TaskRun.objects.update(status=RunStatus.READY)
    (claimed,) = claim(make_worker())

    runner.run(late, Executing())
    assert not Mark.objects.exists()

    runner.run(claimed, Executing())
    assert Mark.objects.count() == 1


def test_what_an_atomic_body_enqueues_stands_or_falls_with_it() -> None:
    with transaction.atomic():
        mark_atomically.enqueue("kept")
    with transaction.atomic():
        mark_atomically.enqueue("undone")
        transaction.set_rollback(True)

    assert [run.args for run in TaskRun.objects.all()] == [["kept"]]
