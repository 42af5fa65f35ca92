"""A SQLite database as a file, by SQLite's backup API: a copy of the file itself may be torn."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from reports.backups.errors import BackupFailed
from reports.backups.programs import Between

SUFFIX = ".sqlite3"
PROGRAM: str | None = None
PAGES = 1000
STEPS = 1_000_000
"""Of SQLite's own machine, some milliseconds, between two looks at whether to go on."""
PATIENCE_SECONDS = 20.0


def dump(path: Path, between: Between) -> None:
    """Write the database as it is at this moment; nobody waits for it."""
    with _told(), closing(_open(_live(), "rw")) as source, closing(sqlite3.connect(path)) as target:
        # One view of the database for all steps: otherwise each write begins the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(target, pages=PAGES, progress=lambda *_: between())
        # One file, with no log beside it.
        target.execute("PRAGMA journal_mode = DELETE")


def verify(path: Path, between: Between) -> None:
    """Read the whole file: every page, and every entry of every index."""
    ended: list[BaseException] = []

    def look() -> bool:
        # SQLite's handler says that it is to end, and cannot say why.
        try:
            between()
        except BaseException as error:  # noqa: BLE001 - raised again below
            ended.append(error)
        return bool(ended)

    with _told(), closing(_open(path, "ro")) as file:
        file.set_progress_handler(look, STEPS)
        try:
            found = [text for (text,) in file.execute("PRAGMA integrity_check")]
        except sqlite3.OperationalError:
            if ended:
                raise ended[0] from None
            raise
    if found != ["ok"]:
        raise BackupFailed(f"The copy is damaged: {'; '.join(found)[:500]}")


def load(path: Path, tables: Iterable[str], between: Between) -> None:
    """Put what is in the file in the place of the whole database, or change nothing."""
    connection.close()
    with _told(), closing(_open(path, "ro")) as source, closing(_open(_live(), "rw")) as target:
        until = time.monotonic() + PATIENCE_SECONDS

        def progress(_status: int, left: int, _total: int) -> None:
            between()
            if left and time.monotonic() > until:
                raise BackupFailed("The database is in use: stop the site, workers and timers.")

        source.backup(target, progress=progress)


def _live() -> Path:
    return Path(connection.settings_dict["NAME"])


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BackupFailed(f"SQLite refused: {error}.") from error
