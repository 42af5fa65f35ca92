"""Who gets newsletters: who asked for them, until they ask for no more."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from newsletters.subscribers import subscribers, way_out

pytestmark = pytest.mark.django_db

PAGE = reverse("newsletters:subscription")


@pytest.fixture
def reader() -> User:
    return make_user("ada@example.com", wants_newsletter=True)


@pytest.mark.parametrize(("box", "wants"), [({"wants_newsletter": "on"}, True), ({}, False)])
def test_newsletters_are_asked_for_at_the_registration(
    box: dict[str, str], wants: bool, client: Client
) -> None:
    form = {"email": "ada@example.com", "password1": PASSWORD, "password2": PASSWORD}

    client.post(reverse("accounts:register"), {**form, **box})

    assert User.objects.get().wants_newsletter is wants


def test_who_did_not_ask_or_cannot_log_in_gets_none(reader: User) -> None:
    make_user()
    make_user(wants_newsletter=True, is_active=False)

    assert list(subscribers()) == [reader]


def test_a_user_begins_and_ends_them(client: Client) -> None:
    user = make_user()
    client.force_login(user)

    for wants in (True, False):
        page = client.post(PAGE, {"wants": "yes" if wants else "no"}, follow=True)
        user.refresh_from_db()
        assert user.wants_newsletter is wants
        assert ("You get it at" in page.content.decode()) is wants


def test_the_link_in_a_mail_asks_first_and_needs_no_password(client: Client, reader: User) -> None:
    page = client.get(way_out(reader.pk))

    assert "Unsubscribe?" in page.content.decode()
    assert list(subscribers()) == [reader]


def test_one_post_ends_them_even_from_a_mail_program(reader: User) -> None:
    # As RFC 8058 has it: no cookie, no token, this one field.
    client = Client(enforce_csrf_checks=True)

    answer = client.post(way_out(reader.pk), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert not subscribers().exists()


def test_a_link_that_we_did_not_sign_ends_nothing(client: Client, reader: User) -> None:
    forged = reverse("newsletters:unsubscribe", args=[f"{reader.pk}:forged"])

    assert client.get(forged).status_code == 404
    assert client.post(forged).status_code == 404
    assert list(subscribers()) == [reader]


def test_the_page_is_for_who_is_logged_in(client: Client) -> None:
    assert client.get(PAGE).headers["Location"].startswith(reverse("accounts:login"))
