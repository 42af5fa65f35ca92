"""A place for files that are being made."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PREFIX = "backup-"
LEFT_BEHIND_SECONDS = 24 * 3600


@contextmanager
def scratch() -> Iterator[Path]:
    """A new folder below `BACKUPS_SCRATCH` that is gone afterwards.

    Also removes those that a process which was killed left there a day ago or longer.
    """
    place: Path = settings.BACKUPS_SCRATCH
    place.mkdir(parents=True, exist_ok=True)
    for left in place.glob(f"{PREFIX}*"):
        if left.stat().st_mtime < time.time() - LEFT_BEHIND_SECONDS:
            shutil.rmtree(left)
    # Only its owner may look into it.
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=place) as folder:
        yield Path(folder)
