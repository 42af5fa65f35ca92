"""Lets the demo's administrator log in as `admin`, although users log in by e-mail address."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User
from demo.seed import ADMIN_EMAIL, ADMIN_LOGIN


class DemoBackend(ModelBackend):
    """Django's own backend, for which `admin` is short for the administrator's address."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        address = ADMIN_EMAIL if username == ADMIN_LOGIN else username
        return super().authenticate(request, username=address, password=password, **kwargs)
