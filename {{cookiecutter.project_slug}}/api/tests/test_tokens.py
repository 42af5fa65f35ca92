"""A token stands for its user while it is good, and is stored so that nobody can use it."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_user
from api import tokens
from api.models import Token
from api.tests.factories import bearer

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders/"


@pytest.fixture
def user() -> User:
    return make_user("ada@example.com")


def test_a_bearer_is_the_tokens_user_and_needs_no_csrf_token(user: User) -> None:
    _, text = tokens.issue(user=user, name="script")

    assert bearer(text).get(ORDERS).status_code == 200
    refused = bearer(text).post(ORDERS, {}, content_type="application/json")
    # It came as far as the order itself.
    assert refused.status_code == 400


def test_only_a_digest_is_stored(user: User) -> None:
    token, text = tokens.issue(user=user, name="script")

    stored = [str(value) for value in Token.objects.values_list().get(pk=token.pk)]
    assert not any(text in value for value in stored)
    assert len(text) > 40
    assert text.startswith(token.prefix)
    assert len(token.prefix) < 16


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: tokens.revoke(Token.objects.filter(pk=token.pk)),
        lambda token: Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1)),
        lambda token: User.objects.update(is_active=False),
        lambda token: Token.objects.update(digest="0" * 64),
    ],
    ids=["revoked", "expired", "inactive", "unknown"],
)
def test_one_that_is_no_longer_good_is_refused(user: User, spoil: Any) -> None:
    token, text = tokens.issue(user=user, name="script")
    spoil(token)

    answer = bearer(text).get(ORDERS)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["detail"] == "The token is unknown, expired or revoked."


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer \xff\x00", "Basic YTpi", "shop_x"])
def test_a_header_that_makes_no_sense_is_refused(header: str) -> None:
    assert Client(headers={"Authorization": header}).get(ORDERS).status_code == 401


def test_when_it_was_used_is_written_seldom(user: User) -> None:
    token, text = tokens.issue(user=user, name="script")
    client = bearer(text)
    client.get(ORDERS)
    token.refresh_from_db()
    first = token.used_at

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(ORDERS)
    Token.objects.update(used_at=timezone.now() - timedelta(hours=1))
    client.get(ORDERS)
    token.refresh_from_db()

    assert first is not None
    assert not [query for query in queries.captured_queries if query["sql"].startswith("UPDATE")]
    assert token.used_at is not None
    assert token.used_at > first


def test_a_command_makes_lists_and_revokes_them(user: User) -> None:
    text = _said("create", "ada@example.com", "--name", "nightly", "--days", "30").strip()
    token = Token.objects.get()
    assert token.expires_at is not None
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert bearer(text).get(ORDERS).status_code == 200

    assert f"{token.prefix}…  ada@example.com  nightly" in _said("list")

    _said("revoke", token.prefix)
    assert bearer(text).get(ORDERS).status_code == 401
    assert "revoked" in _said("list")
    with pytest.raises(CommandError, match="was revoked before"):
        _said("revoke", token.prefix)


def test_a_command_refuses_what_makes_no_sense(user: User) -> None:
    with pytest.raises(CommandError, match="no active user"):
        _said("create", "bob@example.com", "--name", "nightly")
    with pytest.raises(CommandError, match="--days takes"):
        _said("create", "ada@example.com", "--name", "nightly", "--days", "-1")
    with pytest.raises(CommandError, match="0 tokens begin with"):
        _said("revoke", "shop_nothing")


def _said(*arguments: str) -> str:
    out = StringIO()
    call_command("api_token", *arguments, stdout=out)
    return out.getvalue()
