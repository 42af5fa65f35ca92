"""How a worker learns of a commit at once: NOTIFY on PostgreSQL, the file's version on SQLite."""

from __future__ import annotations

import time
import uuid
from typing import Any

from django.db import connection

from tasks.engine import CHANNEL
from tasks.worker.heart import Waiter
from tasks.worker.liveness import end_life, show_life

SQLITE_LOOK_SECONDS = 0.01


def waiter_for(worker_id: uuid.UUID) -> Waiter:
    """Return what listens to the database that this project uses."""
    if connection.vendor == "postgresql":
        return Listener(worker_id)
    return VersionWatch()


class Listener:
    """LISTENs, and holds the session lock by which others see that this process lives."""

    def __init__(self, worker_id: uuid.UUID) -> None:
        self._worker_id = worker_id

    def open(self) -> None:
        """Begin to listen on this thread's connection, which stays open from now on."""
        show_life(self._worker_id)
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float) -> bool:
        """Wait for a notification for so long."""
        raw: Any = connection.connection
        with connection.wrap_database_errors:
            return any(True for _ in raw.notifies(timeout=seconds, stop_after=1))

    def close(self) -> None:
        """Give the connection back as it was."""
        with connection.cursor() as cursor:
            cursor.execute("UNLISTEN *")
        end_life(self._worker_id)


class VersionWatch:
    """Watches `PRAGMA data_version`, which changes with every commit of any other connection.

    It reads a counter in shared memory and touches no table.
    """

    def __init__(self) -> None:
        self._version: int | None = None

    def open(self) -> None:
        """Note the version as it is, on this thread's connection."""
        connection.ensure_connection()
        self._version = self._read()

    def wait(self, seconds: float) -> bool:
        """Look a hundred times a second, for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(SQLITE_LOOK_SECONDS, left))
            version = self._read()
            if version != self._version:
                self._version = version
                return True
        return False

    def close(self) -> None:
        """Nothing is held."""

    def _read(self) -> int:
        # The driver's own connection: a hundred looks a second through Django's would be felt.
        raw: Any = connection.connection
        with connection.wrap_database_errors:
            return int(raw.execute("PRAGMA data_version").fetchone()[0])
