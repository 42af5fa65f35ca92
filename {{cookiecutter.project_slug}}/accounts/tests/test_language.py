"""People are written to in their own language, whoever causes the mail."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from accounts import services
from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from emails.models import Email
from emails.outbox import queue_mail

pytestmark = pytest.mark.django_db

ACCOUNT = reverse("accounts:account")
GERMAN = {"Accept-Language": "de-CH,de;q=0.9"}


def test_who_registers_in_german_is_written_to_in_german(client: Client) -> None:
    form = {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD}

    client.post(reverse("accounts:register"), form, headers=GERMAN)

    assert User.objects.get().language == "de"
    email = Email.objects.get()
    assert 'lang="de"' in email.html
    assert "Willkommen" in email.subject


def test_a_mail_is_in_the_language_of_who_gets_it_and_not_of_who_causes_it() -> None:
    german, english = make_user(language="de"), make_user(language="en")

    with translation.override("en"):
        services.offer_reset(german)
    with translation.override("de"):
        services.offer_reset(english)

    assert 'lang="de"' in Email.objects.get(to=german.email).html
    assert 'lang="en"' in Email.objects.get(to=english.email).html


def test_who_has_no_account_is_written_to_in_the_language_of_the_site() -> None:
    with translation.override("de"):
        queue_mail(key="a:1", template="welcome", to="x@example.com", context={"user": {}})
        assert translation.get_language() == "de"

    assert 'lang="en"' in Email.objects.get().html


def test_people_change_their_language_and_nothing_else(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    assert "Deutsch" in client.get(ACCOUNT).text

    answer = client.post(ACCOUNT, {"language": "de", "is_staff": "on", "email": "x@example.com"})

    assert answer.headers["Location"] == ACCOUNT
    changed = User.objects.get()
    assert (changed.language, changed.is_staff, changed.email) == ("de", False, user.email)
    assert client.post(ACCOUNT, {"language": "tlh"}).status_code == 200
    assert User.objects.get().language == "de"


def test_the_account_is_for_who_is_logged_in(client: Client) -> None:
    assert client.get(ACCOUNT).headers["Location"].startswith(reverse("accounts:login"))


def test_a_language_that_the_site_has_not_is_that_of_the_site() -> None:
    with translation.override("fr"):
        user = services.register(email="ada@example.com", password=None)

    assert user.language == "en"
