"""Something of everything that has a page, to look at it."""

from accounts.models import User
from emails.models import EmailState
from emails.tests.factories import make_email


def show(user: User) -> None:
    """Make it, to the user."""
    make_email(to=user.email, subject="Greetings from the shop, at some length and then a bit more")
    make_email(to=user.email, state=EmailState.FAILED)
