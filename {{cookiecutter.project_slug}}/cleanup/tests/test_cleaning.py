"""What is old is deleted, in small steps, and nothing else is."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet
from django.utils import timezone
from pytest_django import Settings

from cleanup import cleaners, services
from cleanup.checks import check_cleaners
from cleanup.cleaners import Cleaner, find
from cleanup.tasks import clean, clean_up
from cleanup.tests.factories import DAY, make_sessions
from emails.models import Email, EmailState
from emails.tests.factories import make_email
from orders.models import Order, StoredAnswer
from orders.tests.factories import make_order
from tasks.context import RunContext, Stop
from tasks.errors import TaskCancelled
from tasks.models import RunStatus, Schedule
from tasks.schedules import sync
from tasks.testing import assert_enqueued, run_due

pytestmark = pytest.mark.django_db


def clean_all(name: str, *, limit: int = services.BATCH) -> int:
    return services.clean(find(name), between=lambda _total: None, limit=limit)


def age(row: Model, by: timedelta) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(created_at=timezone.now() - by)


def test_expired_sessions_go_and_the_others_stay() -> None:
    make_sessions(3)
    young = make_sessions(2, age=-DAY)

    assert clean_all("sessions") == 3
    assert {session.pk for session in Session.objects.all()} == set(young)


def test_an_answer_goes_after_its_days_and_its_key_still_means_its_order(
    settings: Settings,
) -> None:
    settings.STORED_ANSWER_DAYS = 7
    old, young = make_order(key="old"), make_order(key="young")
    for order, days in ((old, 8), (young, 6)):
        age(StoredAnswer.objects.create(order=order, body={}), days * DAY)

    assert clean_all("stored answers") == 1
    assert StoredAnswer.objects.get().order == young
    assert Order.objects.get(idempotency_key="old") == old


@pytest.mark.parametrize("state", EmailState)
def test_mail_goes_after_its_days_if_it_has_ended(state: EmailState, settings: Settings) -> None:
    settings.SENT_MAIL_DAYS = 90
    age(make_email(state=state), 91 * DAY)
    young = make_email(state=state)

    ended = state in (EmailState.SENT, EmailState.FAILED)

    assert clean_all("sent mail") == int(ended)
    assert Email.objects.count() == (1 if ended else 2)
    assert Email.objects.filter(pk=young.pk).exists()


def test_no_batch_is_larger_than_its_limit_and_the_oldest_go_first() -> None:
    keys = make_sessions(25)
    left = []

    def between(total: int) -> None:
        assert Session.objects.count() == 25 - total
        left.append({session.pk for session in Session.objects.all()})

    assert services.clean(find("sessions"), between=between, limit=10) == 25
    # The first that was made is the youngest.
    assert left == [set(keys[:15]), set(keys[:5]), set()]


def test_rows_of_one_moment_are_all_found() -> None:
    make_sessions(25)
    Session.objects.update(expire_date=timezone.now() - DAY)

    assert clean_all("sessions", limit=10) == 25


def test_a_cleaner_that_removes_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    make_sessions(5)
    stubborn = Cleaner(
        name="stubborn", rows=Session.objects.all, age="expire_date", remove=lambda _rows: 0
    )
    monkeypatch.setitem(cleaners._cleaners, stubborn.name, stubborn)

    assert clean_all("stubborn", limit=2) == 0


def test_a_cancelled_run_stops_after_the_batch_that_has_begun() -> None:
    make_sessions(2500)
    context = RunContext(task_result=clean.enqueue("sessions"), stop=Stop(requested=True))

    with pytest.raises(TaskCancelled):
        clean.func(context, "sessions")

    assert Session.objects.count() == 1500


def test_every_kind_of_row_is_cleaned_by_a_run_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    make_sessions(3)

    def fail(_rows: QuerySet[Any]) -> int:
        raise OSError("the storage is away")

    broken = Cleaner(name="a broken one", rows=Order.objects.all, age="created_at", remove=fail)
    monkeypatch.setitem(cleaners._cleaners, broken.name, broken)
    age(make_order(), DAY)
    clean_up.enqueue()

    run_due()

    assert assert_enqueued(clean, "a broken one").status == RunStatus.SCHEDULED
    assert assert_enqueued(clean, "sessions").status == RunStatus.SUCCESSFUL
    assert assert_enqueued(clean, "sent mail").status == RunStatus.SUCCESSFUL
    assert not Session.objects.exists()


def test_a_kind_that_no_app_registers_any_more_fails_its_run_at_once() -> None:
    clean.enqueue("coupons")

    [run] = run_due()

    assert run.status == RunStatus.FAILED
    assert "There is no cleaner 'coupons'. There are: " in run.errors


def test_it_is_cleaned_every_night(settings: Settings) -> None:
    sync()

    row = Schedule.objects.get(task=clean_up.module_path)

    assert (row.cron, row.timezone, row.enabled) == ("30 3 * * *", settings.TIME_ZONE, True)


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="a cleaner 'sessions' already: choose another name"):
        cleaners.register(find("sessions"))


def test_the_shops_cleaners_find_their_rows_by_an_index() -> None:
    assert check_cleaners(None) == []


def test_a_column_without_an_index_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Cleaner(name="slow", rows=Email.objects.all, age="sent_at")
    monkeypatch.setitem(cleaners._cleaners, slow.name, slow)

    [error] = check_cleaners(None)

    assert error.id == "cleanup.E001"
    assert error.hint == "Add models.Index(fields=['sent_at']) to the model's Meta.indexes."
