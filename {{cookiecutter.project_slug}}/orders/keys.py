"""Who answers an idempotency key right now: one request at a time.

What says so must end with the process that said it, however it dies: otherwise a key would stay
taken by nobody. PostgreSQL has locks that end with a transaction. Beside SQLite's file there is a
folder of files for the locks of the operating system, which end with the process.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction


class KeyTaken(Exception):
    """Another request is being answered under the key."""


@contextmanager
def answering(*, user_id: int, key: str) -> Iterator[None]:
    """Take a customer's key, and open the transaction in which it is answered.

    Raises `KeyTaken` at once when another request holds it.
    """
    digest = hashlib.sha256(f"order:{user_id}:{key}".encode()).digest()
    if connection.vendor == "postgresql":
        with transaction.atomic():
            if not _is_locked_in_postgresql(digest):
                raise KeyTaken
            yield
    else:
        # Before the transaction: SQLite lets one begin at a time, and has the others wait.
        with _file_locked(folder() / digest.hex()), transaction.atomic():
            yield


def _is_locked_in_postgresql(digest: bytes) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)]
        )
        return bool(cursor.fetchone()[0])


def folder() -> Path:
    """Return where the locks of SQLite are: beside its file."""
    path = Path(f"{connection.settings_dict['NAME']}-keys")
    path.mkdir(mode=0o700, exist_ok=True)
    return path


@contextmanager
def _file_locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is there only meanwhile. Raises `KeyTaken`."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(descriptor, path)
        try:
            yield
        finally:
            # Still locked: whoever opened it before finds that it is another file by now.
            path.unlink()
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise KeyTaken from error
    if not _is_there(descriptor, path):
        # It was locked and taken away between our opening and our lock: somebody was faster.
        raise KeyTaken


def _is_there(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
