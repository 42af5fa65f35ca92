"""How others see that a process lives: a session lock on PostgreSQL, beside its beat."""

from __future__ import annotations

import threading
import uuid

from django.db import connection


def lock_key_of(worker_id: uuid.UUID) -> int:
    """Return the key of the session lock that shows a worker process to be alive: 63 bits of its
    id."""
    return worker_id.int & 0x7FFF_FFFF_FFFF_FFFF


def show_life(worker_id: uuid.UUID) -> None:
    """Hold the session lock, on this thread's connection, for as long as that lives."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock_key_of(worker_id)])


def end_life(worker_id: uuid.UUID) -> None:
    """Give the connection back without the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_key_of(worker_id)])


class Sleeper:
    """Waits for a ring from within the process: that of an engine whose messages come otherwise."""

    def __init__(self, worker_id: uuid.UUID) -> None:
        self._worker_id = worker_id
        self._rung = threading.Event()

    def ring(self) -> None:
        """End the wait that is under way, or the next one."""
        self._rung.set()

    def open(self) -> None:
        """Show that this process lives."""
        connection.ensure_connection()
        show_life(self._worker_id)

    def wait(self, seconds: float) -> bool:
        """Wait for so long, or until rung."""
        is_rung = self._rung.wait(seconds)
        self._rung.clear()
        return is_rung

    def close(self) -> None:
        """Show it no longer."""
        end_life(self._worker_id)
