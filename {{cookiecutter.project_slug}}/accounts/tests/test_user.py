"""One person, one address, one account."""

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_an_address_is_kept_in_one_spelling() -> None:
    user = make_user("  Ada@Example.COM ")

    assert user.email == "ada@example.com"
    assert User.objects.get(email="ADA@example.com") == user


def test_an_address_has_one_account_whatever_its_case() -> None:
    make_user("ada@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("ADA@EXAMPLE.COM")

    assert User.objects.count() == 1


def test_raw_sql_cannot_store_a_second_spelling() -> None:
    user = make_user("ada@example.com")

    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE accounts_user SET email = 'Ada@example.com' WHERE id = %s", [user.pk]
        )


def test_a_login_takes_any_case_of_the_address() -> None:
    user = make_user("ada@example.com")

    assert authenticate(username="Ada@Example.com", password=PASSWORD) == user
    assert authenticate(username="ada@example.com", password="wrong") is None


def test_a_user_needs_an_address() -> None:
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("")


def test_createsuperuser_makes_somebody_who_may_do_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", interactive=False, email="Root@example.com", verbosity=0)

    root = User.objects.get()
    assert root.email == "root@example.com"
    assert root.is_staff
    assert root.is_superuser
    assert root.check_password(PASSWORD)
