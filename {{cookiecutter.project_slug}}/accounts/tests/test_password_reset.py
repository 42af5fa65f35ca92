"""A forgotten password: one link, for one user, once, that lies nowhere but in the mail."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode
from pytest_django import Settings

from accounts import codes, services
from accounts.models import OneTimeCode, User
from accounts.tests.factories import PASSWORD, make_user
from cleanup.cleaners import find
from cleanup.services import clean
from emails.models import Email, EmailState
from emails.secrets import MARK
from tasks.models import TaskRun
from tasks.testing import run_due

pytestmark = pytest.mark.django_db

ASK = reverse("accounts:password-reset")
NEW = "another correct horse"


@pytest.fixture
def ada() -> User:
    return make_user("ada@example.com")


def ask(client: Client, address: str = "ada@example.com") -> None:
    answer = client.post(ASK, {"email": address})
    assert answer.headers["Location"] == reverse("accounts:password-reset-sent")


def link() -> str:
    """Send what is due; return the link in the last mail."""
    run_due()
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def set_password(client: Client, address: str) -> int:
    """Follow a link, and set a new password if that is possible; return the status."""
    page = client.get(address, follow=True)
    path = page.redirect_chain[-1][0] if page.redirect_chain else address
    return client.post(path, {"new_password1": NEW, "new_password2": NEW}).status_code


def test_the_link_sets_a_new_password(client: Client, ada: User) -> None:
    ask(client, "ADA@example.com")

    assert set_password(client, link()) == 302
    assert client.login(username=ada.email, password=NEW)


def test_the_link_works_once(client: Client, ada: User) -> None:
    ask(client)
    address = link()
    set_password(client, address)

    page = Client().get(address)

    assert "of no use any more" in page.content.decode()
    assert OneTimeCode.objects.get().used_at is not None


def test_the_link_is_for_an_hour(client: Client, ada: User) -> None:
    ask(client)
    address = link()
    OneTimeCode.objects.update(expires_at=Now())

    set_password(client, address)

    assert client.login(username=ada.email, password=PASSWORD)


@pytest.mark.parametrize("change", ["another user", "another proof", "no code"])
def test_a_link_that_was_changed_is_of_no_use(change: str, client: Client, ada: User) -> None:
    ask(client)
    *_, uid, token, _ = link().split("/")
    eve = make_user("eve@example.com")
    if change == "another user":
        uid = urlsafe_base64_encode(str(eve.pk).encode())
    elif change == "another proof":
        token = token[:-1] + ("0" if token[-1] != "0" else "1")
    else:
        token = "nonsense"

    set_password(client, reverse("accounts:new-password", args=[uid, token]))

    for user in (ada, eve):
        assert client.login(username=user.email, password=PASSWORD)


def test_the_link_lies_in_no_table(client: Client, ada: User) -> None:
    ask(client)
    token = link().split("/")[-2]

    email = Email.objects.get(key__startswith="password-reset:")
    [run] = TaskRun.objects.filter(name="emails.tasks.send")
    proof = token.partition("-")[2]
    assert MARK in email.text
    assert MARK in email.html
    assert proof not in f"{email.__dict__} {run.__dict__} {OneTimeCode.objects.get().__dict__}"


def test_a_second_attempt_sends_the_same_link(client: Client, ada: User) -> None:
    ask(client)
    first = link()
    Email.objects.update(state=EmailState.PENDING)
    TaskRun.objects.all().delete()

    services.offer_reset(ada)
    email = Email.objects.get()

    assert codes.reset_link(email.secret.partition(":")[2]).endswith(first)


def test_a_link_still_works_when_the_secret_key_was_changed(
    client: Client, ada: User, settings: Settings
) -> None:
    ask(client)
    address = link()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"

    assert set_password(Client(), address) == 302


def test_who_asks_again_at_once_gets_no_second_mail(client: Client, ada: User) -> None:
    ask(client)
    ask(client)
    assert Email.objects.count() == 1

    OneTimeCode.objects.update(created_at=Now() - codes.PATIENCE)
    ask(client)

    assert Email.objects.count() == 2


@pytest.mark.parametrize("fields", [{"is_active": False}, {"password": None}])
def test_who_cannot_log_in_gets_no_link(client: Client, fields: dict[str, object]) -> None:
    make_user("ada@example.com", **fields)

    ask(client)
    ask(client, "nobody@example.com")

    assert not Email.objects.exists()


def test_a_mail_whose_code_is_over_is_not_sent(client: Client, ada: User) -> None:
    ask(client)
    OneTimeCode.objects.update(expires_at=Now())

    run_due()

    assert Email.objects.get().state == EmailState.FAILED
    assert mail.outbox == []


def test_a_new_password_ends_the_links_of_the_old_one(client: Client, ada: User) -> None:
    ask(client)
    address = link()
    ada.set_password("by other means")
    ada.save()

    set_password(client, address)

    assert client.login(username=ada.email, password="by other means")


def test_codes_are_deleted_once_they_have_expired(ada: User) -> None:
    for hours in (-1, 1):
        OneTimeCode.objects.create(
            user=ada, purpose=codes.PASSWORD_RESET, expires_at=Now() + timedelta(hours=hours)
        )

    assert clean(find("one-time codes"), between=lambda _total: None) == 1
    assert OneTimeCode.objects.count() == 1


def test_every_page_is_in_the_shops_style(client: Client) -> None:
    for address in (ASK, reverse("accounts:password-reset-sent"), f"{ASK}x/y/"):
        page = client.get(address)
        assert page.status_code == 200
        assert 'class="site-header"' in page.content.decode()
