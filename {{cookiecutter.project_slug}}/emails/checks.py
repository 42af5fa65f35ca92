"""What is checked about outgoing mail when the site starts."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

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
