"""`manage.py cleanup`: what the nightly task does, by hand."""

import signal
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.utils import timezone

from cleanup import cleaners
from cleanup.cleaners import Cleaner
from cleanup.tasks import count_old
from cleanup.tests.factories import DAY, make_sessions
from tasks.models import RunStatus, TaskRun
from tasks.service import service
from tasks.testing import run_due
from tasks.tests.factories import make_run

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("cleanup", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_all_that_is_old_is_deleted_kind_by_kind() -> None:
    make_sessions(3)

    assert "sessions: 3 deleted" in run()
    assert not Session.objects.exists()


def test_a_dry_run_counts_and_deletes_nothing() -> None:
    make_sessions(3)
    make_sessions(2, age=-DAY)

    assert run("sessions", "--dry-run") == ["sessions: 3 would be deleted"]
    assert Session.objects.count() == 5


def test_the_history_of_tasks_is_counted_with_the_rest_and_deleted_with_it() -> None:
    for age in (365 * DAY, DAY):
        make_run(status=RunStatus.SUCCESSFUL, finished_at=timezone.now() - age)

    assert "task history: 1 would be deleted" in run("--dry-run")
    assert TaskRun.objects.count() == 2
    assert run("task history") == ["task history: 1 deleted"]
    assert TaskRun.objects.count() == 1


def test_a_dry_run_can_be_asked_for_in_the_control_room() -> None:
    make_sessions(3)
    make_run(status=RunStatus.FAILED, finished_at=timezone.now() - 365 * DAY)

    service.run_by_hand(count_old.module_path, {}, by=None)
    [done] = run_due()

    assert done.result["sessions"] == 3
    assert done.result["task history"] == 1
    assert done.result.keys() == {*(one.name for one in cleaners.cleaners()), "task history"}
    assert Session.objects.count() == 3


def test_only_what_is_named_is_cleaned() -> None:
    make_sessions(3)

    assert run("sent mail") == ["sent mail: 0 deleted"]
    assert Session.objects.count() == 3


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(CommandError, match=r"no cleaner 'carts'\. There are: .*sessions"):
        run("carts")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_between_two_batches(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = 0

    def told_in_the_second_batch(rows: QuerySet[Any]) -> int:
        nonlocal batches
        batches += 1
        if batches == 2:
            signal.raise_signal(number)
        return cleaners.delete(rows)

    watched = Cleaner(
        name="sessions",
        rows=Session.objects.all,
        age="expire_date",
        remove=told_in_the_second_batch,
    )
    monkeypatch.setitem(cleaners._cleaners, "sessions", watched)
    make_sessions(3500)
    former = signal.getsignal(number)

    assert run("sessions") == ["sessions: 2000 deleted; stopped, the rest is for the next time"]
    assert Session.objects.count() == 1500
    assert signal.getsignal(number) is former
