"""Makes callers of the API for tests."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from api import tokens

PASSWORD = "correct horse battery"


def make_caller(email: str, *permissions: str, **fields: Any) -> Client:
    """Make a user with permissions such as `tasks.view_taskrun`; return a bearer's client."""
    user = get_user_model()._default_manager.create(email=email, **fields)
    for each in permissions:
        app, codename = each.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    _, text = tokens.issue(user=user, name="test")
    return bearer(text)


def bearer(text: str) -> Client:
    """Return a client that sends a token, and checks CSRF as the site does."""
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})
