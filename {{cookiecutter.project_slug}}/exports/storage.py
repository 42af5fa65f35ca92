"""Where exports lie unless a bucket is named: a folder that no web server serves."""

import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

TEMPORARY = ".unfinished-"


class PrivateFolder(FileSystemStorage):
    """Files that only this user may read, that have no address, and that are whole or not there.

    Django's own storage writes under the final name: a process that is killed meanwhile leaves half
    a file that looks like one. This one writes under another name, waits until the disk has it,
    and renames.
    """

    def __init__(self, location: str | Path) -> None:
        super().__init__(
            location=location, file_permissions_mode=0o600, directory_permissions_mode=0o700
        )

    def url(self, name: str | None) -> str:
        """Raise: there is no address but the signed one of `exports.links`."""
        raise ValueError(f"{name} is private and has no address; link to it by exports.links.")

    def _save(self, name: str, content: File[Any]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return name
