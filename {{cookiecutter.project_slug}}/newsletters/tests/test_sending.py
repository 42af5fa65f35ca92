"""A newsletter goes to everybody who wants it, once, and stops when it is told to."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.tests.factories import make_user
from emails.models import Email, EmailState
from emails.tasks import send_bulk
from emails.tests.later import run_again
from emails.tests.witness import Witness
from newsletters import sending
from newsletters.letters import letters
from newsletters.models import UNDER_WAY, Newsletter, NewsletterState
from newsletters.sending import AnotherIsUnderWay
from newsletters.tasks import address, begin
from newsletters.tests.factories import make_newsletter, make_subscribers
from tasks.models import RunStatus, TaskRun
from tasks.testing import run_due
from tasks.workflows import GroupResult

pytestmark = pytest.mark.django_db


@pytest.fixture
def readers() -> list[User]:
    return make_subscribers(5)


@pytest.fixture
def editor() -> User:
    return make_user("editor@example.com")


def stored(newsletter: Newsletter) -> Newsletter:
    return Newsletter.objects.get(pk=newsletter.pk)


def addressed() -> Newsletter:
    """A newsletter whose mails are in the outbox, and none has gone out."""
    newsletter = make_newsletter()
    sending.start(newsletter)
    address.func(newsletter.pk)
    return stored(newsletter)


def test_everybody_who_wants_it_gets_it_once(server: Witness, readers: list[User]) -> None:
    make_user("other@example.com")
    newsletter = make_newsletter()

    assert begin(newsletter)
    run_due()

    assert server.copies == {reader.email: 1 for reader in readers}
    assert stored(newsletter).state == NewsletterState.SENT
    assert stored(newsletter).ended_at is not None
    assert sending.progress(newsletter) == {EmailState.SENT: 5}


def test_each_mail_is_a_row_and_a_member_of_one_group(readers: list[User]) -> None:
    newsletter = addressed()

    assert set(Email.objects.values_list("key", flat=True)) == {
        f"newsletter:{newsletter.pk}:{reader.pk}" for reader in readers
    }
    assert newsletter.group_id is not None
    assert GroupResult.get(newsletter.group_id).progress().total == 5


def test_a_mail_says_what_was_written_and_how_to_get_no_more(
    server: Witness, readers: list[User]
) -> None:
    begin(make_newsletter())

    run_due()

    mail = server.taken[0]
    way_out = mail.message["List-Unsubscribe"].strip("<>")
    assert way_out.startswith("http://testserver/newsletter/unsubscribe/")
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "There is <news>." in mail.part("plain")
    assert "There is &lt;news&gt;." in mail.part("html")
    for kind in ("plain", "html"):
        assert way_out in mail.part(kind)
    assert len({mail.message["List-Unsubscribe"] for mail in server.taken}) == 5


def test_one_that_is_called_off_is_a_draft_and_nobody_gets_it(
    server: Witness, readers: list[User]
) -> None:
    newsletter = make_newsletter()
    begin(newsletter)

    assert sending.call_off(stored(newsletter))
    run_due()

    assert server.taken == []
    assert (stored(newsletter).status, stored(newsletter).started_at) == (
        NewsletterState.DRAFT,
        None,
    )


def test_what_was_written_before_it_was_called_off_does_not_go_out(
    server: Witness, readers: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    newsletter = make_newsletter()
    begin(newsletter)

    def write_slowly(read: Newsletter) -> list[Email]:
        mails = list(letters(read))
        sending.call_off(stored(newsletter))
        Newsletter.objects.update(body="There is better <news>.")
        sending.start(stored(newsletter))
        return mails

    with monkeypatch.context() as patch:
        patch.setattr(sending, "letters", write_slowly)
        assert address.func(newsletter.pk) == 0
    run_due()

    assert {mail.part("plain").count("better") for mail in server.taken} == {1}
    assert server.copies == {reader.email: 1 for reader in readers}


def test_what_is_in_the_outbox_cannot_be_called_off(readers: list[User]) -> None:
    newsletter = addressed()

    assert not sending.call_off(newsletter)
    assert stored(newsletter).state == NewsletterState.SENDING


def test_a_paused_newsletter_stands_still_and_goes_on_with_the_rest(
    server: Witness, readers: list[User], editor: User
) -> None:
    newsletter = addressed()
    [first, *_] = TaskRun.objects.filter(name=send_bulk.module_path).order_by("pk")
    send_bulk.func(first.args[0])

    assert sending.pause(newsletter, by=editor)
    run_due()
    assert len(server.taken) == 1
    assert stored(newsletter).state == NewsletterState.PAUSED

    assert sending.resume(newsletter, by=editor)
    run_due()

    assert server.copies == {reader.email: 1 for reader in readers}
    assert stored(newsletter).state == NewsletterState.SENT


def test_another_mail_does_not_wait_for_a_paused_newsletter(
    server: Witness, readers: list[User], editor: User
) -> None:
    from accounts import services

    sending.pause(addressed(), by=editor)

    services.register(email="new@example.com", password=None)
    run_due()

    assert server.copies == {"new@example.com": 1}


def test_to_start_it_twice_starts_it_once(server: Witness, readers: list[User]) -> None:
    newsletter = make_newsletter()
    other = stored(newsletter)

    assert (begin(newsletter), begin(other)) == (True, False)
    run_due()
    address.func(newsletter.pk)
    run_due()

    assert server.copies == {reader.email: 1 for reader in readers}


def test_a_worker_that_died_before_the_commit_has_addressed_nobody(
    server: Witness, readers: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As sudden as SIGKILL."""

    def die(*_args: object, **_kwargs: object) -> None:
        raise Killed

    newsletter = make_newsletter()
    sending.start(newsletter)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "group", die)
        with pytest.raises(Killed):
            address.func(newsletter.pk)
    assert not Email.objects.exists()

    address.func(newsletter.pk)
    run_due()

    assert server.copies == {reader.email: 1 for reader in readers}


def test_one_is_under_way_at_a_time(readers: list[User]) -> None:
    begin(make_newsletter())
    second = make_newsletter()

    with pytest.raises(AnotherIsUnderWay):
        begin(second)

    assert stored(second).state == NewsletterState.DRAFT
    with pytest.raises(IntegrityError), transaction.atomic():
        Newsletter.objects.filter(pk=second.pk).update(state=UNDER_WAY[1])


def test_the_next_goes_out_when_the_one_before_has_ended(
    server: Witness, readers: list[User]
) -> None:
    for _ in range(2):
        begin(make_newsletter())
        run_due()

    assert server.copies == {reader.email: 2 for reader in readers}


def test_a_reader_whom_no_server_takes_holds_up_nobody(
    server: Witness, readers: list[User]
) -> None:
    server.refused[readers[2].email] = "550 no such user"
    server.refused[readers[3].email] = "450 mailbox busy"
    newsletter = make_newsletter()
    begin(newsletter)
    run_due()
    assert stored(newsletter).state == NewsletterState.SENDING
    server.refused.pop(readers[3].email)

    run_again()

    assert stored(newsletter).state == NewsletterState.SENT
    assert sending.progress(newsletter) == {EmailState.SENT: 4, EmailState.FAILED: 1}


def test_nobody_to_write_to_ends_it_at_once(server: Witness) -> None:
    newsletter = make_newsletter()

    begin(newsletter)
    run_due()

    assert stored(newsletter).state == NewsletterState.SENT
    assert server.taken == []


def test_its_mails_go_out_at_a_rate_of_their_own() -> None:
    assert send_bulk.rate == "600/m"
    assert send_bulk.queue_name == "newsletter"
    assert not TaskRun.objects.filter(status=RunStatus.READY).exists()
