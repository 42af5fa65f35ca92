"""The daily report: right numbers, one mail, and always about its own day."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from accounts.tests.factories import make_user
from emails.models import Email
from orders.models import Order
from orders.states import OrderState
from reports import daily, numbers
from reports.checks import check_recipients
from reports.numbers import PAID
from reports.period import period_of
from reports.tasks import send_daily_report
from reports.tests.factories import make_failure_at, make_order_at
from tasks.models import RunStatus, Schedule, ScheduleTick, TaskRun
from tasks.schedules import sync, tick_due_schedules
from tasks.testing import run_due

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
TUESDAY = datetime(2026, 11, 17, 9, tzinfo=UTC)
MONDAY_NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def recipients(settings: Settings) -> None:
    settings.REPORT_RECIPIENTS = ["ada@example.com"]


def test_its_numbers_are_those_of_the_rows() -> None:
    dice, user = random.Random(7), make_user()
    for _ in range(60):
        make_order_at(
            TUESDAY - timedelta(minutes=dice.randrange(10 * 24 * 60)),
            state=dice.choice(list(OrderState)),
            total=dice.randrange(1, 10_000),
            currency=dice.choice(["EUR", "JPY"]),
            user=user,
        )
    period = period_of(TUESDAY)

    found = numbers.count(period)

    rows = [order for order in Order.objects.all() if order.created_at.date() == period.last]
    assert 0 < found.orders == len(rows)
    assert dict(found.states) == Counter(order.state for order in rows)
    revenue: Counter[str] = Counter()
    for order in rows:
        if order.state in PAID:
            revenue[order.currency] += order.total
    assert {money.currency: money.amount for money in found.revenue} == revenue
    by_day = Counter(order.created_at.date() for order in Order.objects.all())
    assert {bar.day: bar.orders for bar in found.bars} == {
        period.last - timedelta(days=number): by_day[period.last - timedelta(days=number)]
        for number in range(7)
    }


def test_the_bars_are_as_long_as_their_share_of_the_longest() -> None:
    user = make_user()
    for hours, count in ((12, 4), (36, 1)):
        for _ in range(count):
            make_order_at(TUESDAY - 9 * HOUR - hours * HOUR, user=user)

    *_, before, last = numbers.count(period_of(TUESDAY)).bars

    assert (last.orders, last.percent, len(last.blocks)) == (4, 100, 24)
    assert (before.orders, before.percent, len(before.blocks)) == (1, 25, 6)


def test_failures_are_counted_by_task_and_those_of_other_days_are_not() -> None:
    for at in (MONDAY_NOON, MONDAY_NOON + HOUR):
        make_failure_at(at, name="shop.tasks.charge")
    make_failure_at(MONDAY_NOON, name="shop.tasks.send")
    make_failure_at(TUESDAY - HOUR, name="shop.tasks.send")
    make_failure_at(MONDAY_NOON - 24 * HOUR, name="shop.tasks.send")

    found = numbers.count(period_of(TUESDAY))

    assert found.failures == [("shop.tasks.charge", 2), ("shop.tasks.send", 1)]


def test_the_mail_shows_all_of_it_in_both_forms() -> None:
    make_order_at(MONDAY_NOON, total=123456)
    make_failure_at(MONDAY_NOON, name="shop.tasks.charge")

    daily.send_report(TUESDAY)

    email = Email.objects.get()
    assert email.subject == "1 order: report of Nov. 17, 2026"
    for text in (email.text, email.html):
        assert "Monday, Nov. 16, 2026" in text
        assert "1234.56 EUR" in text
        assert "shop.tasks.charge" in text
        assert "http://testserver/admin/tasks/taskrun/?status__exact=FAILED" in text
    assert "█" * 24 + " 1" in email.text
    assert 'width="100%"' in email.html


def test_a_day_without_anything_is_reported_as_such() -> None:
    daily.send_report(TUESDAY)

    email = Email.objects.get()
    assert "Orders: 0" in email.text
    assert "Revenue: none" in email.text
    assert "█" not in email.text


def test_every_recipient_gets_one_mail_however_often_it_is_sent(settings: Settings) -> None:
    settings.REPORT_RECIPIENTS = ["ada@example.com", "bob@example.com"]

    assert daily.send_report(TUESDAY) == 2
    daily.send_report(TUESDAY + 3 * HOUR)
    run_due()

    assert sorted(message.to for message in mail.outbox) == [
        ["ada@example.com"],
        ["bob@example.com"],
    ]
    assert Email.objects.filter(key="daily-report:2026-11-17:ada@example.com").exists()


def test_nobody_to_tell_is_no_error(settings: Settings) -> None:
    settings.REPORT_RECIPIENTS = []

    assert daily.send_report(TUESDAY) == 0
    assert not Email.objects.exists()


def naive() -> date:
    """The day that a first version reports on: yesterday, whenever it happens to run."""
    return timezone.localdate() - timedelta(days=1)


def test_a_late_run_reports_on_its_scheduled_day_where_the_naive_version_does_not() -> None:
    due = enqueue_late()

    [run, *_] = [run for run in run_due() if run.name == send_daily_report.module_path]

    assert run.status == RunStatus.SUCCESSFUL
    reported = Email.objects.get()
    assert reported.key == f"daily-report:{due:%Y-%m-%d}:ada@example.com"
    assert naive() != period_of(due).last


def enqueue_late() -> datetime:
    """Have the timer find the report's tick of two weekdays ago; return when that was due."""
    sync()
    due = timezone.now() - timedelta(hours=30)
    while due.weekday() >= 5:
        due -= timedelta(days=1)
    due = due.replace(hour=9, minute=0, second=0, microsecond=0)
    schedule = Schedule.objects.filter(task=send_daily_report.module_path)
    Schedule.objects.exclude(pk__in=schedule).update(enabled=False)
    assert schedule.update(next_at=due, grace_seconds=14 * 86400) == 1
    tick_due_schedules()
    ticks = ScheduleTick.objects.filter(run_id__isnull=False).order_by("tick")
    first = ticks[0]
    assert first.run_id is not None
    TaskRun.objects.filter(name=send_daily_report.module_path).exclude(pk=first.run_id).delete()
    assert first.tick == due
    return due


def test_it_is_due_on_weekdays_at_nine_where_the_project_is(settings: Settings) -> None:
    sync()

    row = Schedule.objects.get(task=send_daily_report.module_path)

    assert (row.cron, row.timezone) == ("0 9 * * 1-5", settings.TIME_ZONE)


@pytest.mark.parametrize("address", ["ada", f"{'a' * 140}@example.com"])
def test_what_is_no_address_is_an_error(address: str, settings: Settings) -> None:
    settings.REPORT_RECIPIENTS = ["ada@example.com", address]

    [error] = check_recipients(None)

    assert error.id == "reports.E001"
    assert address in error.msg
