"""What the body of a task logs is kept with its run, up to a limit."""

import logging
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import override_settings

from tasks import ledger
from tasks.lines import LineKeeper
from tasks.masks import MASK
from tasks.models import LogLine, RunStatus, TaskRun
from tasks.service import service
from tasks.testing import run_due
from tasks.tests.factories import make_run, with_options
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, say, say_async, say_atomically, stumble

pytestmark = pytest.mark.django_db


def run_one() -> TaskRun:
    (run,) = run_due()
    return run


def messages(run: TaskRun) -> list[str]:
    return [line.message for line in service.lines(run.pk)]


def test_what_a_body_logs_is_kept_in_order() -> None:
    say.enqueue("first", "second")

    run = run_one()

    first, second = service.lines(run.pk)
    assert (first.message, second.message) == ("first", "second")
    assert (first.attempt, first.position, first.level, first.logger) == (1, 0, "INFO", "sample")
    assert run.attempted_at is not None
    assert run.finished_at is not None
    assert run.attempted_at <= first.at <= second.at
    assert second.at <= run.finished_at + timedelta(seconds=1)


def test_what_a_coroutine_logs_is_kept_also_from_a_thread_that_it_calls() -> None:
    say_async.enqueue("first", "second")

    assert messages(run_one()) == ["first", "second", "from a thread"]


def test_what_an_attempt_logged_outlives_its_transaction() -> None:
    say_atomically.enqueue("before the fall", fails=True)

    run = run_one()

    assert run.status == RunStatus.FAILED
    assert not Mark.objects.exists()
    assert messages(run) == ["before the fall"]


def test_a_task_that_logs_nothing_leaves_no_line() -> None:
    add.enqueue(1, 2)
    stumble.enqueue()

    run_due()

    # Also not what the task system says of its end.
    assert not LogLine.objects.exists()


def test_what_is_logged_outside_of_a_run_is_not_kept() -> None:
    logging.getLogger("sample").warning("nobody runs")

    assert not LogLine.objects.exists()


def test_only_the_first_lines_are_kept_and_the_last_one_says_so() -> None:
    with override_settings(TASKS=with_options(log_lines=3)):
        say.enqueue(*"abcdefg")
        run = run_one()

    assert messages(run) == ["a", "b", "c", "Only the first 3 lines are kept."]


def test_a_long_line_is_cut() -> None:
    with override_settings(TASKS=with_options(log_characters=10)):
        say.enqueue("0123456789 and on")
        run = run_one()

    assert messages(run) == ["0123456789"]


def test_lines_below_the_level_are_not_kept() -> None:
    (keeper,) = [each for each in logging.root.handlers if isinstance(each, LineKeeper)]
    keeper.setLevel(logging.WARNING)
    try:
        say.enqueue("hardly worth it")
        run = run_one()
    finally:
        keeper.setLevel(logging.INFO)

    assert messages(run) == []


def test_no_line_holds_what_is_sensitive() -> None:
    say.enqueue("came with sesame-4711", token="sesame-4711")

    assert messages(run_one()) == [f"came with {MASK}"]


def test_what_the_database_cannot_hold_is_escaped() -> None:
    say.enqueue("a\x00b", "\udfff")

    assert messages(run_one()) == ["a\\x00b", "\\udfff"]


def test_an_attempt_can_be_asked_for_alone_and_from_where_one_has_read() -> None:
    run = make_run()
    for attempt in (1, 2):
        for position in range(3):
            LogLine.objects.create(
                run_id=run.pk,
                attempt=attempt,
                position=position,
                logged_at=Now(),
                level=logging.INFO,
                logger="sample",
                message=f"{attempt}.{position}",
            )

    assert [line.message for line in service.lines(run.pk, 2)] == ["2.0", "2.1", "2.2"]
    assert [line.message for line in service.lines(run.pk, 2, after=1)] == ["2.2"]
    assert [line.message for line in service.lines(run.pk, limit=2)] == ["1.0", "1.1"]


def test_lines_are_deleted_with_their_run() -> None:
    say.enqueue("old", fails=True)
    old = run_one()
    say.enqueue("deleted", fails=True)
    deleted = run_one()
    say.enqueue("kept", fails=True)
    kept = run_one()
    TaskRun.objects.filter(pk=old.pk).update(finished_at=Now() - timedelta(days=91))

    assert ledger.prune_runs() == 1
    assert ledger.delete([deleted.pk]) == 1

    assert set(LogLine.objects.values_list("run_id", flat=True)) == {kept.pk}
