"""Every day is in one report, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from pytest_django import Settings

from reports.period import period_of


@pytest.fixture(autouse=True)
def berlin(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


def at_nine(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=timezone.get_default_timezone())


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 17), date(2026, 11, 16), date(2026, 11, 16)),
        (date(2026, 11, 16), date(2026, 11, 13), date(2026, 11, 15)),
        (date(2026, 11, 15), date(2026, 11, 13), date(2026, 11, 14)),
    ],
    ids=["tuesday", "monday", "sunday-by-hand"],
)
def test_a_report_is_about_the_days_since_the_last_one(
    today: date, first: date, last: date
) -> None:
    period = period_of(at_nine(today))

    assert (period.reported_on, period.first, period.last) == (today, first, last)


def test_the_reports_of_two_years_leave_no_moment_out_and_none_twice() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
    periods = [period_of(at_nine(day)) for day in days if day.weekday() < 5]

    assert all(before.until == after.since for before, after in pairwise(periods))


def test_a_day_is_the_projects_and_not_that_of_utc() -> None:
    late_in_utc = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)

    assert period_of(late_in_utc).reported_on == date(2026, 11, 17)


def test_a_day_may_have_23_hours() -> None:
    monday = period_of(at_nine(date(2026, 3, 30)))

    assert monday.until - monday.since == timedelta(days=3)
    assert monday.until.timestamp() - monday.since.timestamp() == 71 * 3600
