"""What happens to accounts."""

from django.db import transaction

from accounts.models import User
from emails.outbox import queue_mail


def register(*, email: str, password: str | None) -> User:
    """Create a user; the welcome mail is queued in the same transaction.

    Without a password nobody can log in as them. Raises `IntegrityError` when the address has an
    account already.
    """
    with transaction.atomic():
        user = User.objects.create_user(email, password)
        queue_mail(
            key=f"welcome:{user.pk}",
            template="welcome",
            to=user.email,
            context={"user": user},
        )
    return user
