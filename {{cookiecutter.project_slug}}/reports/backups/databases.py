"""The database that is backed up, whichever kind it is."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from django.db import connection

from reports.backups import postgresql, sqlite
from reports.backups.programs import Between


class Database(Protocol):
    """What a kind of database can do. Each of these raises `BackupFailed`."""

    SUFFIX: str
    """How the names of its files end."""
    PROGRAM: str | None
    """What has to be installed."""

    def dump(self, path: Path, between: Between) -> None:
        """Write the database as it is at this moment into a new file."""

    def verify(self, path: Path, between: Between) -> None:
        """Read such a file from its beginning to its end."""

    def load(self, path: Path, tables: Iterable[str], between: Between) -> None:
        """Put what is in such a file in the place of these tables, or change nothing."""


KINDS: dict[str, Database] = {"postgresql": postgresql, "sqlite": sqlite}


def database() -> Database:
    """Return the kind of the default database."""
    return KINDS[connection.vendor]
