"""What the address in `REDIS_URL` says to people."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks


def place() -> str:
    """Return where Redis is, without its password, for people to read."""
    parts = urlsplit(settings.REDIS_URL)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def has_password() -> bool:
    """Whether Redis is given a password."""
    return bool(urlsplit(settings.REDIS_URL).netloc.rpartition("@")[0].partition(":")[2])


def check() -> list[checks.CheckMessage]:
    """Report what is wrong with how Redis is reached in production."""
    if settings.DEBUG or has_password():
        return []
    return [
        checks.Warning(
            "REDIS_URL has no password: whoever reaches Redis can stop the tasks.",
            hint="Give Redis a password: REDIS_URL=redis://:password@host:6379/0",
            id="tasks.W001",
        )
    ]
