"""What the code declares is in the table; whether it is on, people say."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from tasks.errors import InvalidSchedule
from tasks.models import CatchUp, Schedule
from tasks.schedules import schedule, switch, sync
from tasks.schedules.declare import _declarations, declared
from tasks.task import Task, task
from tasks.tests.factories import make_schedule

NIGHTLY = "0 2 * * *"


@pytest.fixture(autouse=True)
def declarations() -> Iterator[None]:
    """Begin with nothing declared, and put back what was."""
    before = dict(_declarations)
    _declarations.clear()
    yield
    _declarations.clear()
    _declarations.update(before)


@task
def clean(days: int = 1, *, dry: bool = False) -> int:
    """Some task."""
    return days


@task
def report(day: str) -> str:
    """Another task."""
    return day


@task(sensitive=("token",))
def call(*, token: str) -> str:
    """A task with a secret."""
    return token


def stored(name: str = "") -> Schedule:
    return Schedule.objects.get(name=name or clean.module_path)


def test_the_decorator_returns_the_task_and_keeps_what_it_was_told() -> None:
    declare = schedule(
        NIGHTLY,
        timezone="Europe/Berlin",
        catch_up="all",
        grace=timedelta(hours=6),
        args=(7,),
        kwargs={"dry": True},
        run_at_start=True,
    )

    assert declare(clean) is clean

    (one,) = declared()
    assert (one.name, one.task) == (clean.module_path, clean.module_path)
    assert (one.rule.cron, one.rule.every, one.rule.timezone) == (NIGHTLY, None, "Europe/Berlin")
    assert (one.catch_up, one.grace, one.run_at_start) == (CatchUp.ALL, 21_600, True)
    assert one.arguments == '{"args":[7],"kwargs":{"dry":true}}'


def test_several_schedules_of_a_task_have_names_of_their_own() -> None:
    schedule("0 3 * * *")(clean)
    schedule(NIGHTLY, name="at night")(clean)
    schedule(every=timedelta(minutes=5))(clean)

    path = clean.module_path
    assert [one.name for one in declared()] == sorted(["at night", path, f"{path} 3"])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "either a cron expression or an interval"),
        ({"cron": NIGHTLY, "every": timedelta(hours=1)}, "either a cron expression or an interval"),
        ({"cron": "0 0 30 2 *"}, "the day of the month cannot be read, or never comes"),
        ({"cron": 5}, "must be a string, not 5"),
        ({"cron": NIGHTLY, "timezone": "Berlin"}, "'Berlin' is no time zone"),
        ({"cron": NIGHTLY, "timezone": None}, "timezone must be a name"),
        ({"every": 60}, "every must be a timedelta of whole seconds, not 60"),
        ({"every": timedelta(seconds=0.5)}, "every must be a timedelta of whole seconds"),
        ({"every": timedelta()}, "1 second to 366 days"),
        ({"cron": NIGHTLY, "catch_up": "some"}, "catch_up must be 'none', 'one', 'all'"),
        ({"cron": NIGHTLY, "grace": timedelta(seconds=-1)}, "grace must be a timedelta of 0 to"),
        ({"cron": NIGHTLY, "grace": None}, "grace must be a timedelta of 0 to"),
        ({"cron": NIGHTLY, "name": ""}, "name must be 1 to 150 printable characters"),
        ({"cron": NIGHTLY, "name": "x" * 151}, "name must be 1 to 150 printable characters"),
        ({"cron": NIGHTLY, "args": "7"}, "args must be a list or a tuple"),
        ({"cron": NIGHTLY, "args": (1, 2)}, "too many positional arguments"),
        ({"cron": NIGHTLY, "kwargs": {"when": 1}}, "unexpected keyword argument 'when'"),
        ({"cron": NIGHTLY, "args": (object(),)}, "cannot be written as JSON"),
        ({"cron": NIGHTLY, "run_at_start": 1}, "run_at_start must be True or False"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_the_task(
    options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidSchedule, match=reason) as refused:
        schedule(**options)(clean)

    assert clean.module_path in str(refused.value)
    assert declared() == []


def test_a_schedule_holds_no_secret() -> None:
    with pytest.raises(InvalidSchedule, match="sensitive argument") as refused:
        schedule(NIGHTLY, kwargs={"token": "canary"})(call)

    assert "canary" not in str(refused.value)


def test_a_name_is_taken_once() -> None:
    schedule(NIGHTLY, name="night")(clean)

    with pytest.raises(InvalidSchedule, match=r"named 'night' is declared for .*clean already"):
        schedule(NIGHTLY, name="night", args=["today"])(report)


def test_the_decorators_in_the_wrong_order_are_noticed() -> None:
    def plain() -> None:
        """No task yet."""

    declare: Callable[[Any], Task[..., Any]] = schedule(NIGHTLY)
    with pytest.raises(InvalidSchedule, match="write @schedule above @task"):
        declare(plain)


@pytest.mark.django_db
class TestSync:
    def test_a_declaration_is_stored_and_waits_for_its_next_tick(self) -> None:
        schedule(NIGHTLY, timezone="Europe/Berlin", args=[3])(clean)

        sync()

        row = stored()
        assert (row.task, row.cron, row.timezone) == (clean.module_path, NIGHTLY, "Europe/Berlin")
        assert (row.args, row.enabled, row.from_code) == ([3], True, True)
        assert Schedule.objects.filter(next_at__gt=Now()).exists()

    def test_migrating_stores_what_is_declared(self) -> None:
        schedule(every=timedelta(hours=1))(clean)

        call_command("migrate", verbosity=0)

        assert stored().every_seconds == 3600

    def test_the_code_wins_except_over_the_switch(self) -> None:
        schedule(NIGHTLY)(clean)
        sync()
        switch(stored(), on=False)
        Schedule.objects.update(cron="0 4 * * *", arguments="{}", catch_up="all")

        for retire in (False, True):
            sync(retire=retire)

        row = stored()
        assert (row.cron, row.args, row.catch_up) == (NIGHTLY, [], CatchUp.ONE)
        assert not row.enabled

    def test_what_is_next_is_only_reckoned_anew_with_a_new_rule(self) -> None:
        schedule(NIGHTLY)(clean)
        sync()
        Schedule.objects.update(next_at=Now() - timedelta(hours=1))
        overdue = stored().next_at

        sync()
        assert stored().next_at == overdue

        Schedule.objects.update(cron="0 4 * * *")
        sync()
        assert Schedule.objects.filter(next_at__gt=Now()).exists()

    def test_a_declaration_that_is_gone_is_switched_off_by_a_migration_only(self) -> None:
        schedule(NIGHTLY)(clean)
        sync()
        _declarations.clear()

        sync()
        assert stored().enabled

        sync(retire=True)
        assert not stored().enabled

    def test_a_declaration_that_comes_back_is_on_again(self) -> None:
        schedule(NIGHTLY)(clean)
        sync()
        gone = dict(_declarations)
        _declarations.clear()
        sync(retire=True)

        _declarations.update(gone)
        Schedule.objects.update(next_at=Now() - timedelta(days=1))
        sync()

        assert (stored().enabled, stored().from_code) == (True, True)
        assert Schedule.objects.filter(next_at__gt=Now()).exists()

    def test_what_people_had_switched_off_stays_off_when_it_comes_back(self) -> None:
        schedule(NIGHTLY)(clean)
        sync()
        switch(stored(), on=False)
        gone = dict(_declarations)
        _declarations.clear()
        sync(retire=True)

        _declarations.update(gone)
        sync(retire=True)

        assert not stored().enabled

    def test_what_people_made_is_left_alone(self) -> None:
        mine = make_schedule(name="mine")

        sync(retire=True)

        assert Schedule.objects.get(pk=mine.pk).enabled
