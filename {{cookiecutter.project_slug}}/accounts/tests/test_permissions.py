"""Whoever gives permissions reads what they allow, in the language of the page."""

import html

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import User
from tasks.permissions import PAUSE_GATES

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(admin_user: User) -> list[str]:
    """The addresses at which permissions are given."""
    group = Group.objects.create(name="Helpers")
    return [
        f"/admin/auth/group/{group.pk}/change/",
        f"/admin/accounts/user/{admin_user.pk}/change/",
    ]


def shown(client: Client, address: str, language: str) -> str:
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("language", "of_django", "of_ours"),
    [
        ("en", "Can delete queues and tasks", "Can pause and resume queues and tasks"),
        (
            "de",
            "Darf Warteschlangen und Aufgaben löschen",
            "Darf Warteschlangen und Aufgaben anhalten und fortsetzen",
        ),
    ],
)
def test_permissions_are_called_by_what_they_allow(
    admin_user: User,
    admin_client: Client,
    pages: list[str],
    language: str,
    of_django: str,
    of_ours: str,
) -> None:
    User.objects.filter(pk=admin_user.pk).update(language=language)
    for address in pages:
        page = shown(admin_client, address, language)
        assert f"| {of_django}</option>" in page
        assert f"| {of_ours}</option>" in page
        assert page.count("| Can " if language == "de" else "| Darf ") == 0


def test_what_is_chosen_is_what_is_given(admin_client: Client, pages: list[str]) -> None:
    app, codename = PAUSE_GATES.split(".")
    wanted = Permission.objects.get(content_type__app_label=app, codename=codename)

    admin_client.post(pages[0], {"name": "Helpers", "permissions": [wanted.pk]})

    assert list(Group.objects.get().permissions.all()) == [wanted]


def test_names_are_stored_as_they_stand_in_the_code() -> None:
    # Whatever the language of who migrates: the next one would find them changed.
    names = Permission.objects.values_list("name", flat=True)

    assert all(name.startswith("Can ") for name in names)
