"""Sending a mail: what each answer of a mail server, and each death of a worker, leads to."""

from typing import Any

import pytest
from pytest_django import Settings

from emails import outbox, services
from emails.errors import MailHeld, MailRefused
from emails.models import Email, EmailState
from emails.tasks import send
from emails.tests.factories import make_email
from emails.tests.later import run_again
from emails.tests.witness import HANG_UP, Witness, witness
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due

pytestmark = pytest.mark.django_db


def stored(email: Email) -> Email:
    return Email.objects.get(pk=email.pk)


def attempt(email: Email) -> TaskRun:
    """Let the task system make one attempt."""
    send.enqueue(str(email.pk))
    [run] = run_due()
    return run


def test_a_mail_taken_by_the_server_is_sent(server: Witness) -> None:
    email = make_email()

    run = attempt(email)

    assert run.status == RunStatus.SUCCESSFUL
    assert stored(email).state == EmailState.SENT
    [taken] = server.taken
    assert taken.to == email.to
    assert taken.id == f"<{email.pk}@testserver>"
    assert taken.part("plain").strip() == email.text
    assert taken.part("html").strip() == email.html


def test_a_sent_mail_is_not_sent_again(server: Witness) -> None:
    email = make_email()

    attempt(email)
    attempt(email)

    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("command", "answer"),
    [("RCPT", "550 no such user"), (".", "554 this is spam"), ("DATA", "550 not from you")],
)
def test_a_refusal_for_good_fails_the_mail_at_once_with_the_reason(
    server: Witness, command: str, answer: str
) -> None:
    server.answers[command] = answer
    email = make_email()

    run = attempt(email)

    assert run.status == RunStatus.FAILED
    assert run.attempt == 1
    assert stored(email).state == EmailState.FAILED
    assert answer[4:] in stored(email).reason
    assert server.taken == []


def test_an_address_that_cannot_be_written_fails_the_mail(server: Witness) -> None:
    email = make_email(to="ada@exa mple.com")

    run = attempt(email)

    assert run.status == RunStatus.FAILED
    assert stored(email).state == EmailState.FAILED


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("RCPT", "450 mailbox busy"),
        (".", "451 try later"),
        ("MAIL", "530 authentication required"),
        ("RCPT", "421 too many connections"),
    ],
)
def test_a_mail_not_taken_now_is_taken_later(server: Witness, command: str, answer: str) -> None:
    server.answers[command] = answer
    email = make_email()

    run = attempt(email)

    assert run.status == RunStatus.SCHEDULED
    assert stored(email).state == EmailState.PENDING

    server.answers.clear()
    services.send(str(email.pk))

    assert stored(email).state == EmailState.SENT
    assert len(server.taken) == 1


def test_a_server_that_is_down_leaves_the_mail_as_it_was(settings: Settings) -> None:
    with witness() as gone:
        settings.MAILERS = gone.mailers
    email = make_email()

    run = attempt(email)

    assert run.status == RunStatus.SCHEDULED
    assert stored(email).state == EmailState.PENDING
    assert stored(email).attempt == 0


def test_an_answer_lost_on_the_way_sends_the_same_message_id_again(server: Witness) -> None:
    server.answers["."] = HANG_UP
    email = make_email()
    server.in_the_window.add(email.message_id)

    run = attempt(email)

    assert run.status == RunStatus.SCHEDULED
    assert stored(email).state == EmailState.SENDING

    server.answers.clear()
    services.send(str(email.pk))

    assert stored(email).state == EmailState.SENT
    assert [mail.id for mail in server.taken] == [f"<{email.pk}@testserver>"] * 2


def held(server: Witness, settings: Settings) -> Email:
    """A mail whose answer was lost, under the policy `hold`."""
    settings.EMAIL_WHEN_UNSURE = "hold"
    server.answers["."] = HANG_UP
    email = make_email()
    attempt(email)
    server.answers.clear()
    run_again()
    return stored(email)


def test_an_unsure_mail_can_be_held_for_a_person_instead(
    server: Witness, settings: Settings
) -> None:
    email = held(server, settings)

    assert email.state == EmailState.HELD
    assert email.reason.startswith(services.HELD)
    assert len(server.taken) == 1


def test_a_run_of_a_mail_that_is_held_fails_at_once_and_says_so(server: Witness) -> None:
    email = make_email(state=EmailState.HELD, reason="Its worker died.")

    run = attempt(email)

    assert (run.status, run.attempt) == (RunStatus.FAILED, 1)
    assert "waits for a person: Its worker died." in run.errors
    assert server.taken == []


def test_a_held_mail_that_is_released_goes_out_under_its_message_id(
    server: Witness, settings: Settings
) -> None:
    email = held(server, settings)
    server.in_the_window.add(email.message_id)

    assert outbox.release([email]) == 1
    run_due()

    assert stored(email).state == EmailState.SENT
    assert [mail.id for mail in server.taken] == [email.message_id] * 2


def test_a_held_mail_that_is_dropped_never_goes_out(server: Witness, settings: Settings) -> None:
    email = held(server, settings)

    assert outbox.drop([email], by="ada@example.com") == 1
    attempt(email)

    assert stored(email).state == EmailState.FAILED
    assert stored(email).reason == "Dropped by ada@example.com."
    assert len(server.taken) == 1


def test_a_mail_that_was_given_up_goes_out_when_a_person_says_so(server: Witness) -> None:
    server.answers["RCPT"] = "550 no such user"
    email = make_email()
    attempt(email)
    server.answers.clear()

    assert outbox.release([stored(email)]) == 1
    run_due()

    assert stored(email).state == EmailState.SENT
    assert server.copies == {email.to: 1}


def test_only_one_of_two_people_releases_a_mail(server: Witness) -> None:
    email = make_email(state=EmailState.HELD)
    one, other = stored(email), stored(email)

    assert (outbox.release([one]), outbox.drop([other], by="bob@example.com")) == (1, 0)
    assert stored(email).state == EmailState.PENDING


def test_one_of_many_is_held_whatever_the_policy(server: Witness, settings: Settings) -> None:
    settings.EMAIL_WHEN_UNSURE = "resend"
    email = make_email(state=EmailState.SENDING, attempt=1, unsubscribe_url="http://shop/out/")

    with pytest.raises(MailHeld):
        services.send(str(email.pk))

    assert stored(email).state == EmailState.HELD
    assert server.taken == []


def test_a_slow_server_is_waited_for(server: Witness) -> None:
    server.delay = 0.3
    email = make_email()

    attempt(email)

    assert stored(email).state == EmailState.SENT


def test_a_worker_that_dies_while_sending_leaves_the_mail_unsure(
    server: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As sudden as SIGKILL: no handler of the program sees it."""

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    email = make_email()
    with monkeypatch.context() as patch:
        patch.setattr(services, "_message", die)
        with pytest.raises(Killed):
            services.send(str(email.pk))
    assert stored(email).state == EmailState.SENDING

    services.send(str(email.pk))

    assert stored(email).state == EmailState.SENT
    assert stored(email).attempt == 2


def test_a_frozen_worker_that_comes_back_writes_nothing(
    server: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["RCPT"] = "450 mailbox busy"
    email = make_email()
    write = services._message

    def freeze(mine: Email) -> Any:
        """While this worker stands still another one takes the mail over."""
        Email.objects.filter(pk=mine.pk).update(attempt=2)
        return write(mine)

    monkeypatch.setattr(services, "_message", freeze)

    attempt(email)

    assert stored(email).state == EmailState.SENDING
    assert stored(email).attempt == 2
    assert stored(email).reason == ""


def test_a_mail_that_is_gone_fails_its_run_at_once(server: Witness) -> None:
    email = make_email()
    send.enqueue(str(email.pk))
    email.delete()

    [run] = run_due()

    assert run.status == RunStatus.FAILED


def test_refused_says_which_mail_to_whom_and_why(server: Witness) -> None:
    server.answers["RCPT"] = "550 no such user"
    email = make_email(key="welcome:7", to="nobody@example.com")

    with pytest.raises(MailRefused, match=r"welcome:7 to nobody@example\.com: .*no such user"):
        services.send(str(email.pk))
