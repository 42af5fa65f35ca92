"""The folder that backups are kept in, unless another storage is named."""

import os
from pathlib import Path
from typing import IO, Any, override

from django.core.files.storage import FileSystemStorage


class BackupStorage(FileSystemStorage):
    """Files that are there whole or not at all, and that only their owner may read."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700, **options}
        )

    @override
    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Store a file under a name that is free, and return that name."""
        free = self.get_available_name(str(name), max_length)
        part = f"{free}.part"
        self.delete(part)
        try:
            path = Path(self.path(super().save(part, content)))
            _sync(path)
            path.rename(self.path(free))
        except BaseException:
            self.delete(part)
            raise
        _sync(path.parent)
        return free


def _sync(path: Path) -> None:
    """Have it on the disk before it counts."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
