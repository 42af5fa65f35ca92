"""What is secret is in the mail that goes out, and nowhere else."""

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives

from emails import secrets, services
from emails.errors import MailRefused, Outdated
from emails.models import Email, EmailState
from emails.tests.factories import make_email

pytestmark = pytest.mark.django_db


def outdated(of: str) -> str:
    raise Outdated(f"{of} is over")


@pytest.fixture(autouse=True)
def writers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_writers", {})
    secrets.register("door", lambda of: f"https://shop/?door={of}&key=opensesame")
    secrets.register("old", outdated)


def secret_mail(secret: str) -> Email:
    return make_email(
        secret=secret, text=f"Go to {secrets.MARK}", html=f'<a href="{secrets.MARK}">Go</a>'
    )


def test_it_is_written_in_while_the_mail_is_handed_over() -> None:
    email = secret_mail("door:7")

    services.send(str(email.pk))

    [message] = mail.outbox
    assert isinstance(message, EmailMultiAlternatives)
    assert message.body == "Go to https://shop/?door=7&key=opensesame"
    assert message.alternatives[0][0] == (
        '<a href="https://shop/?door=7&amp;key=opensesame">Go</a>'
    )
    email.refresh_from_db()
    assert "opensesame" not in email.text + email.html + email.secret


@pytest.mark.parametrize("secret", ["old:7", "unknown:7"])
def test_what_is_of_no_use_any_more_fails_the_mail(secret: str) -> None:
    email = secret_mail(secret)

    with pytest.raises(MailRefused):
        services.send(str(email.pk))

    email.refresh_from_db()
    assert email.state == EmailState.FAILED
    assert mail.outbox == []


def test_a_mail_without_a_secret_is_sent_as_it_is() -> None:
    email = make_email(text=f"About {secrets.MARK}.")

    services.send(str(email.pk))

    assert mail.outbox[0].body == f"About {secrets.MARK}."
