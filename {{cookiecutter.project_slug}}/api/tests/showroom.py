"""Something of everything that has a page, to look at it."""

from accounts.models import User
from api import tokens


def show(user: User) -> None:
    """Make a token of the user's."""
    tokens.issue(user=user, name="Till at the door")
