"""A PostgreSQL database as a file, by the server's own programs.

The password goes to them in their environment: a command line can be read by everybody on the
machine.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from django.db import connection

from reports.backups.programs import Between, run

SUFFIX = ".dump"
PROGRAM: str | None = "pg_dump"
LOCK_MILLISECONDS = 60_000
"""How long a dump waits for a table that a migration has locked."""
IMPATIENT = "-c lock_timeout=10s"
"""A restore does not wait for a site that is still at work."""


def dump(path: Path, between: Between) -> None:
    """Write the database as it is at this moment; nobody waits for it."""
    _run(
        "pg_dump",
        ["--format=custom", f"--file={path}", f"--lock-wait-timeout={LOCK_MILLISECONDS}"],
        between,
    )


def verify(path: Path, between: Between) -> None:
    """Read the whole file: the list of what is in it, and all data."""
    run(["pg_restore", f"--file={os.devnull}", str(path)], environment={}, between=between)


def load(path: Path, tables: Iterable[str], between: Between) -> None:
    """Put what is in the file in the place of `tables`, or change nothing: one transaction."""
    script, drop = path.with_suffix(".sql"), path.with_suffix(".drop.sql")
    run(
        ["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path)],
        environment={},
        between=between,
    )
    names = ", ".join(connection.ops.quote_name(table) for table in tables)
    drop.write_text(f"DROP TABLE {names} CASCADE;\n" if names else "", "utf-8")
    connection.close()
    _run(
        "psql",
        [
            *("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"),
            *(f"--file={drop}", f"--file={script}"),
        ],
        between,
        PGOPTIONS=IMPATIENT,
    )


def _run(program: str, options: list[str], between: Between, **more: str) -> None:
    command, environment = connection.client.settings_to_cmd_args_env(
        connection.settings_dict, ["--no-password", *options]
    )
    known = {"PGCONNECT_TIMEOUT": "10", **more, **(environment or {})}
    run([program, *command[1:]], environment=known, between=between)
