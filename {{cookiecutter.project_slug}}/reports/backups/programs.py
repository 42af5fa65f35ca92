"""Runs PostgreSQL's own programs."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence

from reports.backups.errors import BackupFailed

LOOK_SECONDS = 0.2
MOST_TOLD = 500
"""Characters of what a program says of its failure."""

type Between = Callable[[], None]
"""Called every now and then; what it raises ends the work."""


def run(command: Sequence[str], *, environment: Mapping[str, str], between: Between) -> None:
    """Run a program to its end. It does not outlive the call.

    Raises `BackupFailed` with what the program says, and whatever `between` raises.
    """
    with tempfile.TemporaryFile() as told:
        process = _start(command, environment, told.fileno())
        try:
            while (code := _wait(process)) is None:
                between()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if code:
            told.seek(0)
            text = told.read().decode(errors="replace").strip()[-MOST_TOLD:]
            raise BackupFailed(f"{command[0]} failed with exit code {code}: {text}")


def _start(
    command: Sequence[str], environment: Mapping[str, str], errors: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
    except FileNotFoundError as error:
        raise BackupFailed(
            f"{command[0]} is not on this machine: install the client of PostgreSQL, in the "
            "version of the server or a newer one (Debian: apt-get install postgresql-client)."
        ) from error


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return None
