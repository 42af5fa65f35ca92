"""What is checked about alerts when a command starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from tasks.alerts.sending import is_understood


def check_urls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every address in `ALERT_URLS` is one that Apprise understands. None is shown."""
    return [
        checks.Error(
            f"Address {number} in ALERT_URLS is none that Apprise understands.",
            hint="See docs/alerts.md for examples; write, say, ALERT_URLS=json://hooks.example.com",
            id="tasks.E101",
        )
        for number, url in enumerate(settings.ALERT_URLS, 1)
        if not is_understood(url)
    ]


def check_percent(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """`ALERT_FAILURE_PERCENT` can be reached."""
    if settings.ALERT_FAILURE_PERCENT <= 100:
        return []
    return [
        checks.Error(
            f"ALERT_FAILURE_PERCENT is {settings.ALERT_FAILURE_PERCENT}: so many of a hundred "
            "never fail.",
            hint="Write a number up to 100, or 0 to turn the rule off.",
            id="tasks.E102",
        )
    ]
