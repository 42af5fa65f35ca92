"""The invariants of mails find what is wrong."""

from pathlib import Path

import pytest
from pytest_django import Settings

from emails import services
from emails.models import Email, EmailState
from emails.tests.factories import make_email
from emails.tests.invariants import assert_every_sent_mail_went_out_once, ids_in
from emails.tests.witness import Witness

pytestmark = pytest.mark.django_db


def test_they_hold_for_what_was_sent_and_what_was_not(server: Witness) -> None:
    for state in EmailState:
        make_email(state=state)
    Email.objects.filter(state=EmailState.SENT).update(state=EmailState.PENDING)
    services.send(str(Email.objects.filter(state=EmailState.PENDING).earliest("pk").pk))

    assert_every_sent_mail_went_out_once(mail.id for mail in server.taken)


@pytest.mark.parametrize(
    ("state", "copies", "wrong"),
    [
        (EmailState.SENT, 0, "nothing taken"),
        (EmailState.SENT, 2, "2 taken"),
        (EmailState.PENDING, 1, "1 taken"),
        (EmailState.HELD, 2, "2 taken"),
    ],
)
def test_they_do_not_hold_otherwise(state: EmailState, copies: int, wrong: str) -> None:
    email = make_email(state=state)

    with pytest.raises(AssertionError, match=wrong):
        assert_every_sent_mail_went_out_once([email.message_id] * copies)


def test_a_mail_without_a_row_is_found() -> None:
    with pytest.raises(AssertionError, match="in no row"):
        assert_every_sent_mail_went_out_once(["<1@testserver>"])


def test_mails_in_a_folder_are_read(settings: Settings, tmp_path: Path) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "config.mail.FolderBackend",
            "OPTIONS": {"folder": str(tmp_path / "mail")},
        }
    }
    assert ids_in(tmp_path / "mail") == []
    email = make_email()

    services.send(str(email.pk))

    assert_every_sent_mail_went_out_once(ids_in(tmp_path / "mail"))
    assert ids_in(tmp_path / "mail") == [email.message_id]
