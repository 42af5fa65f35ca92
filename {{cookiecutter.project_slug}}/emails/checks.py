"""What is checked about outgoing mail when the site starts."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from tasks.conf import options

POLICIES = ("resend", "hold")


def check_policy(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """`EMAIL_WHEN_UNSURE` must name a policy that exists."""
    policy = settings.EMAIL_WHEN_UNSURE
    if policy in POLICIES:
        return []
    return [
        checks.Error(
            f"EMAIL_WHEN_UNSURE is {policy!r}, which is no policy.",
            hint=f"Set EMAIL_WHEN_UNSURE to one of: {', '.join(POLICIES)}.",
            id="emails.E001",
        )
    ]


def check_retention(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A run that can still be retried finds the mail that it queued."""
    try:
        days, needed = settings.SENT_MAIL_DAYS, options().failure_days
    except ImproperlyConfigured:
        return []  # The check of the task system says what is wrong there.
    if days >= needed:
        return []
    return [
        checks.Error(
            f"SENT_MAIL_DAYS is {days}, but failed runs are kept for {needed} days: one that is "
            "retried would send its mail again.",
            hint=f"Set SENT_MAIL_DAYS to {needed} or more.",
            id="emails.E002",
        )
    ]
