"""Something of everything that has a page, to look at it."""

from accounts.models import User
from newsletters.tests.factories import make_newsletter


def show(user: User) -> None:
    """Make a draft."""
    make_newsletter()
