"""All that is in a database, as text: two are equal when their texts are."""

import re
import sqlite3
import subprocess
from contextlib import closing
from os import environ
from urllib.parse import urlsplit

from django.db import connection

# PostgreSQL words the casts of a condition in another way once it has read its own words.
CASTS = re.compile(r"[()]|::[a-z ]+(\[\])?")


def contents(name: str | None = None) -> list[str]:
    """Return the statements that would make the database of that name; else that of the tests."""
    name = name or str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(name)) as file:
            return sorted(file.iterdump())
    command, more = connection.client.settings_to_cmd_args_env(
        {**connection.settings_dict, "NAME": name}, ["--no-password"]
    )
    done = subprocess.run(
        ["pg_dump", *command[1:]],
        env={**environ, **(more or {})},
        check=True,
        capture_output=True,
        text=True,
    )
    # Comments, and a key that is new for every dump.
    lines = [line for line in done.stdout.splitlines() if not line.startswith(("--", "\\"))]
    return [CASTS.sub("", line) if "::text" in line else line for line in lines]


def url_of(name: str) -> str:
    """Return the address of another database beside that of the tests."""
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(environ["TEST_DATABASE_URL"])._replace(path=f"/{name}").geturl()
