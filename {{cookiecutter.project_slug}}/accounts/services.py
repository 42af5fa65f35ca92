"""What happens to accounts."""

from django.db import transaction

from accounts import codes
from accounts.codes import PASSWORD_RESET
from accounts.models import User
from emails.outbox import queue_mail
from tasks.failpoints import failpoint


def register(*, email: str, password: str | None, wants_newsletter: bool = False) -> User:
    """Create a user; the welcome mail is queued in the same transaction.

    Without a password nobody can log in as them. Raises `IntegrityError` when the address has an
    account already.
    """
    with transaction.atomic():
        user = User.objects.create_user(email, password, wants_newsletter=wants_newsletter)
        queue_mail(
            key=f"welcome:{user.pk}",
            template="welcome",
            to=user.email,
            context={"user": user},
        )
        failpoint("registration: account made, not committed")
    failpoint("registration: account made")
    return user


def offer_reset(user: User) -> None:
    """Queue the mail whose link sets a new password; asked again at once, it is the same mail."""
    with transaction.atomic():
        code = codes.issue(user, PASSWORD_RESET)
        queue_mail(
            key=f"password-reset:{code.pk}",
            template="password_reset",
            to=user.email,
            context={"user": user, "minutes": codes.LIFETIME.total_seconds() // 60},
            # The link is not kept in the outbox: it is written in while the mail is handed over.
            secret=f"password-reset:{code.pk}",
        )
        failpoint("forgotten password: link queued, not committed")
    failpoint("forgotten password: link queued")
