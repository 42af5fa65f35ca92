"""A PostgreSQL of a test's own, which it may stop and start."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

DATABASE = "test_outage"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePostgres:
    """A server in a folder, whose programs were found."""

    folder: Path
    port: int
    programs: Path
    user: str | None
    """Whom it runs as; `None`: as ourselves."""

    @property
    def url(self) -> str:
        """The address of its one database."""
        return f"postgres://postgres@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Return when it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.call("pg_ctl", "-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def stop(self) -> None:
        """Cut it off, as the loss of its machine does."""
        self.call("pg_ctl", "-m", "immediate", "-w", "stop")

    def call(self, program: str, *arguments: str) -> None:
        """Run one of its programs to its end."""
        subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            check=True,
            cwd=self.folder,
            user=self.user,
            extra_groups=None if self.user is None else [],
            stdout=subprocess.DEVNULL,
        )

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Return what the database answers."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """Start one with an empty database; skip the test where there are no programs for it."""
    programs, user = _programs(), _unprivileged_user()
    with TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user)
        server = PrivatePostgres(folder=folder, port=_free_port(), programs=programs, user=user)
        server.call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        server.start()
        try:
            maintenance = server.url.replace(DATABASE, "postgres")
            with psycopg.connect(maintenance, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {DATABASE}")
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()


def _programs() -> Path:
    """Find the newest; Debian keeps them off PATH."""
    places = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(places, key=lambda place: int(place.parent.name.split(".")[0]), reverse=True)
    path = os.pathsep.join([*map(str, newest), os.environ["PATH"]])
    found = shutil.which("initdb", path=path)
    if found is None:
        pytest.skip("no initdb on this machine, and so no PostgreSQL that may be stopped")
    return Path(found).resolve().parent


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    pytest.skip("PostgreSQL refuses to run as root, and there is no user to run it as")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
