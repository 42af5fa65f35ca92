"""Something of everything that has a page, to look at it."""

from accounts.models import User
from exports.tests.factories import make_export


def show(user: User) -> None:
    """Make it, the user's own."""
    make_export(user=user)
