"""Where the demo may run: it creates an administrator whose password everybody knows."""

import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings

LOCAL_HOSTS = {"", "localhost", "127.0.0.1", "::1"}


def refusal(*, mine: str = "") -> str | None:
    """Why the demo must not run here, in one sentence, or None when it may.

    `mine` is a host that whoever started it has named as their own.
    """
    if not settings.DEBUG:
        return (
            "The demo does not run in production: DEBUG is off. "
            "It would create an administrator whose password everybody knows."
        )
    database = settings.DATABASES["default"]
    if not is_local(database) and not (mine and database.get("HOST") == mine):
        return (
            f"The demo runs only on a local database, and DATABASE_URL names "
            f"{database.get('HOST') or 'another machine'}; unset it, or name localhost."
        )
    return None


def is_local(database: Mapping[str, Any]) -> bool:
    """Whether a database of Django's settings is a SQLite file or a PostgreSQL on this machine."""
    engine = str(database["ENGINE"])
    if engine.endswith("sqlite3"):
        return True
    options = database.get("OPTIONS", {})
    if not engine.endswith("postgresql") or options.get("service") or options.get("hostaddr"):
        return False
    # libpq takes what the settings leave open from its own environment variables.
    host = str(database.get("HOST") or os.environ.get("PGHOSTADDR") or os.environ.get("PGHOST", ""))
    return all(is_local_host(name) for name in host.split(","))


def is_local_host(host: str) -> bool:
    """Whether a host of libpq is this machine: a socket's folder, or a name of the loopback."""
    return host in LOCAL_HOSTS or host.startswith("/")
