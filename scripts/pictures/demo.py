"""A demo to take pictures of: its own database, and everything in it that a picture shows."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, cast

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1] / "build" / "images" / "task-shop"
MANAGE = (PROJECT / ".venv/bin/python", "manage.py")
PORT = 8970
MOST_SECONDS = 120
"""How long its work may take."""


@contextmanager
def demo() -> Iterator[str]:
    """Run a demo on a fresh database; yield its address once all of its work is done."""
    for file in PROJECT.glob("db.sqlite3*"):
        file.unlink()
    shutil.rmtree(PROJECT / "var", ignore_errors=True)
    with subprocess.Popen(
        [*MANAGE, "demo", "--port", str(PORT)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            url = _address(cast(IO[str], process.stdout))  # a pipe, as asked for above
            scenes = (HERE / "scenes.py").read_text()
            command = [*MANAGE, "shell", "-v", "0", "-c", scenes]
            subprocess.run(command, cwd=PROJECT, check=True, timeout=MOST_SECONDS)
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _address(lines: IO[str]) -> str:
    said = []
    for line in lines:
        if "The shop is open: " in line:
            # What else it says has to be read, or it stands still at a full pipe.
            Thread(target=lines.readlines, daemon=True).start()
            return line.split()[-1].rstrip("/")
        said.append(line)
    raise SystemExit(f"The demo did not start:\n{''.join(said)}")
