"""What every test of backups stands on."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection


@pytest.fixture
def folder_of_backups(transactional_db: None) -> Iterator[Path]:
    """An empty folder, and a database that this machine can back up."""
    if reason := why_not():
        pytest.skip(reason)
    folder = Path(settings.BACKUPS_FOLDER)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def why_not() -> str:
    """Return why this machine cannot back the database up; nothing if it can."""
    if connection.vendor != "postgresql":
        return ""
    for program in ("pg_dump", "pg_restore", "psql"):
        if shutil.which(program) is None:
            return f"{program} is not on this machine."
    told = subprocess.run(["pg_dump", "--version"], check=True, capture_output=True, text=True)
    found: Any = re.search(r"(\d+)\.\d+|(\d+)", told.stdout)
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10_000
    return "" if int(found[0].partition(".")[0]) >= server else f"The server is newer: {server}."
