"""Where backups are kept: the storage `STORAGES["backups"]`.

A backup is two files: itself, and beside it `<name>.sha256`, which is written last. What has no
such file is not a backup but what a process that died has left.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from reports.backups.errors import BackupFailed
from tasks.failpoints import failpoint

PREFIX = "backup-"
STAMP = "%Y%m%dT%H%M%S.%fZ"
SEAL = ".sha256"
LEFT_BEHIND = timedelta(days=1)
CHUNK = 1 << 20


@dataclass(frozen=True, order=True)
class Backup:
    """One backup, by when it was begun."""

    at: datetime
    name: str

    @classmethod
    def new(cls, at: datetime, suffix: str) -> Self:
        """Name a backup after its time."""
        return cls(at, f"{PREFIX}{at.astimezone(UTC).strftime(STAMP)}{suffix}")

    @classmethod
    def of(cls, name: str) -> Self | None:
        """Return what a file is; `None` when it is no backup."""
        stamp, z, suffix = name.removeprefix(PREFIX).partition("Z")
        if not name.startswith(PREFIX) or not suffix.startswith("."):
            return None
        try:
            return cls(datetime.strptime(stamp + z, STAMP).replace(tzinfo=UTC), name)
        except ValueError:
            return None


def storage() -> Storage:
    """Return the storage."""
    return storages["backups"]


def backups() -> list[Backup]:
    """Return the backups that are whole, the newest first."""
    names = _names()
    return [backup for backup in _found(names) if f"{backup.name}{SEAL}" in names]


def put(path: Path, backup: Backup) -> None:
    """Store a file; it is no backup before it is sealed."""
    with path.open("rb") as file:
        stored = storage().save(backup.name, File(file))
    if stored != backup.name:
        storage().delete(stored)
        raise BackupFailed(f"There is a file {backup.name} already.")


def fetch(backup: Backup, into: Path) -> str:
    """Copy a file back to this machine; return the checksum of what came."""
    digest = hashlib.sha256()
    with storage().open(backup.name) as file, into.open("wb") as copy:
        for chunk in file.chunks(CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def seal(backup: Backup, digest: str) -> None:
    """Make a file a backup, once it has been read back."""
    # As `sha256sum --check` reads it.
    line = f"{digest}  {backup.name}\n"
    storage().save(f"{backup.name}{SEAL}", ContentFile(line.encode()))


def sealed_digest(backup: Backup) -> str:
    """Return the checksum that a backup was sealed with."""
    with storage().open(f"{backup.name}{SEAL}") as file:
        # What is no text is no checksum either.
        text: str = file.read().decode(errors="replace")
    return text.partition(" ")[0]


def discard(backup: Backup) -> None:
    """Delete a backup; the seal first, so that what is half deleted is none."""
    storage().delete(f"{backup.name}{SEAL}")
    failpoint("backup: seal broken, not deleted")
    storage().delete(backup.name)
    failpoint("backup: deleted")


def clear(now: datetime) -> None:
    """Delete what processes that died a day ago or longer have left."""
    names = _names()
    for backup in _found(names):
        if f"{backup.name}{SEAL}" not in names and backup.at < now - LEFT_BEHIND:
            discard(backup)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names() -> set[str]:
    try:
        return set(storage().listdir("")[1])
    except FileNotFoundError:
        # A folder is made with its first file.
        return set()


def _found(names: set[str]) -> Iterator[Backup]:
    found = (Backup.of(name) for name in names if not name.endswith(SEAL))
    return iter(sorted((backup for backup in found if backup is not None), reverse=True))
