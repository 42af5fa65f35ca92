"""An export's files: all in one folder of the storage `exports`, named by the export's id."""

import hashlib
from collections.abc import Collection, Iterator
from io import BufferedRandom
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, storages

from exports.models import Export
from tasks.failpoints import failpoint


def storage() -> Storage:
    """Return the storage of exports."""
    return storages["exports"]


def save_part(export: Export, *, number: int, attempt: int, content: bytes) -> str:
    """Write a part, whole or not at all, and return its name.

    The attempt is in the name: a worker that was frozen and comes back does not write over the file
    of the one that took its place.
    """
    return storage().save(f"{export.id}/part-{number:06}-{attempt}", ContentFile(content))


def save_whole(export: Export, file: IO[bytes]) -> str:
    """Write the finished file and return its name."""
    whole: File[Any] = File(file)
    return storage().save(f"{export.id}/whole.{export.recipe.format.extension}", whole)


def read(name: str) -> bytes:
    """Return what a part holds."""
    with storage().open(name) as file:
        content: bytes = file.read()
        return content


def delete(name: str) -> None:
    """Delete one file; one that is gone is no error."""
    storage().delete(name)


def delete_all(export: Export, *, but: Collection[str] = ()) -> int:
    """Delete an export's files, even those that no row names; return how many."""
    count = 0
    for name in list(names(export)):
        if name not in but:
            delete(name)
            count += 1
            failpoint("export: one of its files deleted")
    if not but:
        # The folder itself, where the storage has any.
        delete(str(export.id))
    return count


def names(export: Export) -> Iterator[str]:
    """Yield the names of all files that an export has."""
    try:
        _folders, found = storage().listdir(str(export.id))
    except FileNotFoundError:
        return
    for name in found:
        yield f"{export.id}/{name}"


def measure(file: BufferedRandom) -> tuple[int, str]:
    """Return a file's bytes and their SHA-256; it stands at its beginning afterwards."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.tell()
    file.seek(0)
    return size, digest
