"""What is checked about reports and backups when the site starts."""

import shutil
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

LONGEST_ADDRESS = 150
"""It is a part of the mail's key."""


def check_recipients(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """The report goes to addresses."""
    return [
        checks.Error(
            f"REPORT_RECIPIENTS holds {address!r}, which is no address of at most "
            f"{LONGEST_ADDRESS} characters.",
            hint="Separate addresses by commas: REPORT_RECIPIENTS=a@example.com,b@example.com",
            id="reports.E001",
        )
        for address in settings.REPORT_RECIPIENTS
        if not _is_address(address)
    ]


def check_backups(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Backups that are on can be taken here."""
    from reports.backups.databases import database

    program = database().PROGRAM
    if not settings.BACKUPS or program is None or shutil.which(program):
        return []
    return [
        checks.Warning(
            f"BACKUPS is on, but {program} is not on this machine.",
            hint="Where workers run, install the client of PostgreSQL: see docs/backups.md.",
            id="reports.W001",
        )
    ]


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_ADDRESS
