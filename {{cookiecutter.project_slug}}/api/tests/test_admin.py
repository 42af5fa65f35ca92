"""In the admin a token is made for oneself and shown once."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_user
from api import tokens
from api.models import Token
from api.tests.factories import bearer
from tasks.admin.words import moment

pytestmark = pytest.mark.django_db

LIST = reverse("admin:api_token_changelist")
ADD = reverse("admin:api_token_add")


@pytest.fixture
def staff(client: Client) -> User:
    user = make_user("ada@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="api"))
    client.force_login(user)
    return user


def test_it_is_shown_once_and_works(client: Client, staff: User) -> None:
    page = client.post(ADD, {"name": "script", "expires_at_0": "", "expires_at_1": ""})

    found = re.search(r"shop_[\w-]{43}", page.text)
    assert found
    assert "no-store" in page.headers["Cache-Control"]
    assert bearer(found[0]).get("/api/orders/").status_code == 200
    assert Token.objects.get().user == staff
    assert found[0] not in client.get(LIST).text
    entry = LogEntry.objects.get()
    assert found[0] not in f"{entry.change_message} {entry.object_repr}"


def test_one_button_makes_it(client: Client, staff: User) -> None:
    page = client.get(ADD).text

    assert re.findall(r'name="(_save|_addanother|_continue)"', page) == ["_save"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_its_times_are_written_as_on_all_other_pages(
    client: Client, staff: User, language: str
) -> None:
    expires_at = timezone.now() + timedelta(days=1)
    token, _text = tokens.issue(user=staff, name="script", expires_at=expires_at)
    LogEntry.objects.log_actions(staff.pk, [token], CHANGE, change_message="Revoked.")
    written = LogEntry.objects.get().action_time

    for page, times in (
        ("changelist", [token.created_at, expires_at]),
        ("change", [token.created_at, expires_at]),
        ("history", [written]),
    ):
        where = reverse(f"admin:api_token_{page}", args=[] if page == "changelist" else [token.pk])
        content = client.get(where, headers={"Accept-Language": language}).text
        for time in times:
            assert moment(time) in content


def test_nobody_makes_one_for_somebody_else(client: Client, staff: User) -> None:
    root = make_user("root@example.com", is_superuser=True)

    client.post(ADD, {"name": "script", "user": root.pk, "expires_at_0": "", "expires_at_1": ""})

    assert Token.objects.get().user == staff


def test_nobody_sees_or_revokes_those_of_others(client: Client, staff: User) -> None:
    theirs, text = tokens.issue(user=make_user(), name="theirs")

    assert "theirs" not in client.get(LIST).text
    client.post(LIST, {"action": "revoke", "_selected_action": [theirs.pk], "confirmed": "yes"})
    assert bearer(text).get("/api/orders/").status_code == 200


def test_one_is_revoked_and_that_is_written_down(client: Client, staff: User) -> None:
    token, text = tokens.issue(user=staff, name="script")

    asked = client.post(LIST, {"action": "revoke", "_selected_action": [token.pk]})
    assert "Revoke 1 token?" in asked.content.decode()
    assert bearer(text).get("/api/orders/").status_code == 200
    client.post(LIST, {"action": "revoke", "_selected_action": [token.pk], "confirmed": "yes"})

    assert bearer(text).get("/api/orders/").status_code == 401
    assert LogEntry.objects.get().change_message == "Revoked."


def test_who_may_not_make_none(client: Client) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.post(ADD, {"name": "script"}).status_code == 403
    assert not Token.objects.exists()
