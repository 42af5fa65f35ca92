"""Registration, login and logout, as a browser sees them."""

import pytest
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from emails.models import Email, EmailState
from emails.tasks import send
from tasks.models import TaskRun
from tasks.testing import assert_enqueued, run_due

pytestmark = pytest.mark.django_db

REGISTER = reverse("accounts:register")
LOGIN = reverse("accounts:login")


def registration(email: str = "ada@example.com", **changes: str) -> dict[str, str]:
    return {"email": email, "password1": PASSWORD, "password2": PASSWORD, **changes}


def test_registering_logs_in_and_welcomes_by_mail(client: Client) -> None:
    answer = client.post(REGISTER, registration("Ada@Example.com"))

    assert answer.status_code == 302
    user = User.objects.get(email="ada@example.com")
    assert client.session["_auth_user_id"] == str(user.pk)
    email = Email.objects.get(key=f"welcome:{user.pk}")
    assert email.state == EmailState.PENDING
    assert_enqueued(send, str(email.pk))

    run_due()

    assert [message.to for message in mail.outbox] == [["ada@example.com"]]


def test_registering_goes_on_to_where_the_visitor_was_going(client: Client) -> None:
    target = reverse("orders:checkout")

    page = client.get(REGISTER, {"next": target})
    answer = client.post(REGISTER, registration(next=target))

    assert f'value="{target}"' in page.content.decode()
    assert answer.headers["Location"] == target


def test_registering_leads_to_no_other_site(client: Client) -> None:
    answer = client.post(REGISTER, registration(next="https://evil.example/"))

    assert answer.headers["Location"] == "/"


def test_who_is_logged_in_is_led_from_the_login_to_the_shop_and_not_to_the_login(
    client: Client,
) -> None:
    client.force_login(make_user())

    assert client.get(LOGIN, {"next": LOGIN}).headers["Location"] == "/"
    assert client.get(LOGIN, {"next": REGISTER}).headers["Location"] == REGISTER


def test_an_address_with_an_account_is_refused_in_the_form(client: Client) -> None:
    make_user("ada@example.com")

    answer = client.post(REGISTER, registration("ADA@example.com"))

    assert answer.status_code == 200
    assert "exists already" in answer.content.decode()
    assert User.objects.count() == 1
    assert not Email.objects.exists()


def test_losing_the_race_for_an_address_is_an_error_in_the_form(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*, email: str, **_rest: object) -> User:
        raise IntegrityError(email)

    monkeypatch.setattr(services, "register", lose)

    answer = client.post(REGISTER, registration())

    assert answer.status_code == 200
    assert "exists already" in answer.content.decode()


def test_a_weak_password_makes_no_account(client: Client) -> None:
    answer = client.post(REGISTER, registration(password1="12345", password2="12345"))

    assert answer.status_code == 200
    assert not User.objects.exists()
    assert not TaskRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_registration_rolled_back_leaves_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_mail: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(services, "queue_mail", fail)

    with pytest.raises(RuntimeError, match="went away"):
        services.register(email="ada@example.com", password=PASSWORD)

    assert not User.objects.exists()
    assert not Email.objects.exists()
    assert not TaskRun.objects.exists()


def test_logging_in_and_out(client: Client) -> None:
    make_user("ada@example.com")

    client.post(LOGIN, {"username": "ADA@example.com", "password": PASSWORD})
    assert "_auth_user_id" in client.session

    client.post(reverse("accounts:logout"))
    assert "_auth_user_id" not in client.session


def test_a_link_logs_nobody_out(client: Client) -> None:
    client.force_login(make_user())

    assert client.get(reverse("accounts:logout")).status_code == 405


def test_the_forms_are_labelled(client: Client) -> None:
    for address in (LOGIN, REGISTER):
        page = client.get(address).content.decode()
        assert 'type="email"' in page
        assert page.count("<label") == page.count("<input") - page.count('type="hidden"')


def test_staff_can_open_the_pages_of_users(admin_client: Client) -> None:
    user = User.objects.get()

    for name, arguments in (("changelist", []), ("add", []), ("change", [user.pk])):
        address = reverse(f"admin:accounts_user_{name}", args=arguments)
        assert admin_client.get(address).status_code == 200
