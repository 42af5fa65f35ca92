"""Something of everything that has a page, to look at it."""

from django.contrib.auth.models import Group

from accounts.models import User


def show(user: User) -> None:
    """Make a group. A user is there."""
    Group.objects.create(name="Packers")
