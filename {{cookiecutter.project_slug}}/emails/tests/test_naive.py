"""What goes wrong with the naive mails, and not with these. Told in `docs/patterns/emails.md`."""

from smtplib import SMTPSenderRefused
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail.backends.smtp import EmailBackend
from pytest_django import Settings

from accounts import services
from accounts.models import User
from emails.models import Email
from emails.outbox import queue_mail
from emails.tasks import send
from emails.tests import naive
from emails.tests.factories import make_email
from emails.tests.later import run_again
from emails.tests.witness import Witness
from tasks.testing import run_due

pytestmark = pytest.mark.django_db

ADDRESSES = [f"reader{number}@example.com" for number in range(4)]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the registration fail at its last line."""

    def refuse(_user: User, *_args: Any, **_kwargs: Any) -> None:
        raise ValidationError("This address is blocked.")

    monkeypatch.setattr(User, "full_clean", refuse)


def test_naive_a_registration_that_is_rolled_back_has_welcomed_nobodys_account(
    server: Witness, refused: None
) -> None:
    with pytest.raises(ValidationError):
        naive.register_and_mail("ada@example.com")

    assert not User.objects.exists()
    assert server.copies == {"ada@example.com": 1}


def test_a_mail_that_is_rolled_back_with_its_cause_never_goes_out(
    server: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queue_and_fail(**mail: Any) -> None:
        queue_mail(**mail)
        raise ValidationError("This address is blocked.")

    monkeypatch.setattr(services, "queue_mail", queue_and_fail)

    with pytest.raises(ValidationError):
        services.register(email="ada@example.com", password=None)
    run_due()

    assert not User.objects.exists()
    assert server.copies == {}


def test_naive_a_mail_server_that_is_down_takes_the_registration_with_it(server: Witness) -> None:
    server.answers["MAIL"] = "421 not today"

    with pytest.raises(SMTPSenderRefused, match="421"):
        naive.register_and_mail("ada@example.com")

    assert not User.objects.exists()


def test_a_mail_server_that_is_down_holds_up_no_registration(server: Witness) -> None:
    server.answers["MAIL"] = "421 not today"

    user = services.register(email="ada@example.com", password=None)
    run_due()
    server.answers.clear()
    run_again()

    assert User.objects.get() == user
    assert server.copies == {"ada@example.com": 1}


def test_naive_a_task_that_is_retried_mails_those_before_the_error_again(server: Witness) -> None:
    server.refused[ADDRESSES[2]] = "450 mailbox busy"
    naive.mail_them.enqueue(ADDRESSES)
    run_due()
    server.refused.clear()

    run_again()

    assert [server.copies[address] for address in ADDRESSES] == [2, 2, 1, 1]


class Killed(BaseException):
    """As sudden as SIGKILL: no handler of the program sees it."""


def die_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill the worker when the server has taken so many mails, before it knows."""
    hand_over = EmailBackend.send_messages

    def send_and_die(backend: EmailBackend, messages: Any) -> int:
        nonlocal count
        taken = hand_over(backend, messages)
        count -= 1
        if count == 0:
            raise Killed
        return taken

    monkeypatch.setattr(EmailBackend, "send_messages", send_and_die)


def test_naive_a_worker_that_is_killed_mails_all_before_again(
    server: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after(3, monkeypatch)
    with pytest.raises(Killed):
        naive.mail_them.func(ADDRESSES)

    naive.mail_them.func(ADDRESSES)

    assert [server.copies[address] for address in ADDRESSES] == [2, 2, 2, 1]


@pytest.mark.parametrize(("policy", "copies"), [("resend", 2), ("hold", 1)])
def test_a_worker_that_is_killed_leaves_one_mail_of_which_nobody_knows(
    policy: str,
    copies: int,
    server: Witness,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.EMAIL_WHEN_UNSURE = policy
    die_after(3, monkeypatch)
    emails = [make_email(to=address) for address in ADDRESSES]
    server.in_the_window.add(emails[2].message_id)
    for email in emails[:2]:
        send.func(str(email.pk))
    with pytest.raises(Killed):
        send.func(str(emails[2].pk))

    for email in emails:
        send.enqueue(str(email.pk))
    run_due()

    assert [server.copies[address] for address in ADDRESSES] == [1, 1, copies, 1]


def test_a_retry_mails_only_the_one_that_was_not_taken(server: Witness) -> None:
    server.refused[ADDRESSES[2]] = "450 mailbox busy"
    for address in ADDRESSES:
        send.enqueue(str(make_email(to=address).pk))
    run_due()
    server.refused.clear()

    run_again()

    assert [server.copies[address] for address in ADDRESSES] == [1, 1, 1, 1]
    assert Email.objects.ended().count() == 4
