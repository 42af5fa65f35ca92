"""Makes accounts for tests."""

from itertools import count
from typing import Any

from accounts.models import User

PASSWORD = "correct horse battery"

_numbers = count(1)


def make_user(email: str | None = None, **fields: Any) -> User:
    """Make a user, with `PASSWORD` unless another is given."""
    address = email or f"customer{next(_numbers)}@example.com"
    return User.objects.create_user(address, **{"password": PASSWORD, **fields})
