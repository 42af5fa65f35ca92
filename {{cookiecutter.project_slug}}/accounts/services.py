"""What happens to accounts."""

from django.db import transaction

from accounts import codes, languages
from accounts.codes import PASSWORD_RESET
from accounts.models import User
from emails.outbox import queue_mail
from tasks.failpoints import failpoint


def register(
    *, email: str, password: str | None, wants_newsletter: bool = False, language: str = ""
) -> User:
    """Create a user; the welcome mail is queued in the same transaction.

    Without a password nobody can log in as them. Without a language theirs is that of the request.
    Raises `IntegrityError` when the address has an account already.
    """
    with transaction.atomic():
        user = User.objects.create_user(
            email,
            password,
            wants_newsletter=wants_newsletter,
            language=language or languages.here(),
        )
        queue_mail(
            key=f"welcome:{user.pk}",
            template="welcome",
            to=user.email,
            language=user.language,
            context={"user": user},
        )
        failpoint("registration: account made, not committed")
    failpoint("registration: account made")
    return user


def prefer_language(user: User, language: str) -> None:
    """Write to a user in that language from now on."""
    User.objects.filter(pk=user.pk).update(language=language)


def offer_reset(user: User) -> None:
    """Queue the mail whose link sets a new password; asked again at once, it is the same mail."""
    with transaction.atomic():
        code = codes.issue(user, PASSWORD_RESET)
        queue_mail(
            key=f"password-reset:{code.pk}",
            template="password_reset",
            to=user.email,
            language=user.language,
            context={"user": user, "minutes": codes.LIFETIME.total_seconds() // 60},
            # The link is not kept in the outbox: it is written in while the mail is handed over.
            secret=f"password-reset:{code.pk}",
        )
        failpoint("forgotten password: link queued, not committed")
    failpoint("forgotten password: link queued")
