"""What becomes of ticks that no timer was there for."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from tasks.models import CatchUp
from tasks.schedules import Rule
from tasks.schedules.plan import MOST_COUNTED, MOST_RUNS, Plan, plan

HOURLY = Rule(cron="0 * * * *")
SECONDLY = Rule(every=1)
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def planned(
    rule: Rule, due: datetime, now: datetime, catch_up: CatchUp, grace: timedelta = HOUR
) -> Plan:
    return plan(rule, due, now=now, catch_up=catch_up, grace=grace)


@pytest.mark.parametrize("catch_up", CatchUp)
def test_a_tick_that_is_a_minute_late_runs_whatever_is_said(catch_up: CatchUp) -> None:
    due = planned(HOURLY, NINE, NINE + MINUTE, catch_up, timedelta())

    assert due.run == (NINE,)
    assert due.missed is None
    assert due.next_at == NINE + HOUR


def test_without_catching_up_a_late_tick_is_missed() -> None:
    due = planned(HOURLY, NINE, NINE + MINUTE + SECOND, CatchUp.NONE)

    assert due.run == ()
    assert due.missed is not None
    assert (due.missed.first, due.missed.count) == (NINE, 1)
    assert due.missed.reason == (
        "No timer was there from 2026-11-21 09:00:00 until 2026-11-21 09:01:01 UTC."
    )
    assert due.next_at == NINE + HOUR


def test_of_late_ticks_only_the_newest_runs() -> None:
    due = planned(HOURLY, NINE, NINE + 3 * HOUR + 30 * MINUTE, CatchUp.ONE)

    assert due.run == (NINE + 3 * HOUR,)
    assert due.missed is not None
    assert (due.missed.first, due.missed.count) == (NINE, 3)
    assert due.next_at == NINE + 4 * HOUR


def test_the_newest_does_not_run_beyond_the_grace() -> None:
    due = planned(HOURLY, NINE, NINE + 3 * HOUR + 31 * MINUTE, CatchUp.ONE, 30 * MINUTE)

    assert due.run == ()
    assert due.missed is not None
    assert (due.missed.first, due.missed.count) == (NINE, 4)


def test_the_newest_late_tick_stays_missed_when_one_is_on_time() -> None:
    due = planned(HOURLY, NINE, NINE + 3 * HOUR + SECOND, CatchUp.ONE, 6 * HOUR)

    assert due.run == (NINE + 3 * HOUR,)
    assert due.missed is not None
    assert due.missed.count == 3


def test_all_late_ticks_within_the_grace_run_and_the_older_ones_are_missed() -> None:
    due = planned(HOURLY, NINE, NINE + 5 * HOUR + 30 * MINUTE, CatchUp.ALL, 3 * HOUR)

    assert due.run == (NINE + 3 * HOUR, NINE + 4 * HOUR, NINE + 5 * HOUR)
    assert due.missed is not None
    assert (due.missed.first, due.missed.count) == (NINE, 3)
    assert due.next_at == NINE + 6 * HOUR


@pytest.mark.parametrize("catch_up", CatchUp)
def test_a_week_of_seconds_is_one_record_and_takes_milliseconds(catch_up: CatchUp) -> None:
    now = NINE + timedelta(days=7)
    began = time.thread_time()

    due = planned(SECONDLY, NINE, now, catch_up, timedelta())

    assert time.thread_time() - began < 0.5
    # Those of the last minute are on time.
    assert due.run == tuple(now - second * SECOND for second in range(60, -1, -1))
    assert due.missed is not None
    assert due.missed.count == 7 * 24 * 60 * 60 - 60
    assert due.next_at == now + SECOND


def test_missed_ticks_of_a_cron_expression_are_counted_up_to_a_thousand() -> None:
    due = planned(Rule(cron="* * * * *"), NINE, NINE + timedelta(days=365), CatchUp.NONE)

    assert due.missed is not None
    assert due.missed.count == MOST_COUNTED
    assert due.missed.reason.startswith("At least 1000 ticks. ")


def test_much_catching_up_goes_in_parts_and_leaves_nothing_out() -> None:
    now = NINE + 1000 * SECOND
    due_at, ran = NINE, list[datetime]()
    while due_at <= now:
        due = planned(SECONDLY, due_at, now, CatchUp.ALL)
        assert 0 < len(due.run) <= MOST_RUNS
        assert due.missed is None
        ran += due.run
        due_at = due.next_at

    assert ran == [NINE + second * SECOND for second in range(1001)]
