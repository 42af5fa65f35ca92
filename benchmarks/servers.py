"""A PostgreSQL of our own, with its defaults: nobody else's work is in the numbers."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.services import command, free_port, postgres_binary, unprivileged_user

STATEMENTS = (b"LOG:  statement: ", b"LOG:  execute ")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    url: str
    """Of the server, with no database."""
    log: Path

    def execute(self, statement: str, *names: str) -> None:
        """Run a statement on the server; each `{}` in it is an identifier."""
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def recreate(self, name: str, template: str = "template1") -> str:
        """Make a database anew, as a copy of another; return its URL."""
        self.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        # What the copy dirtied is written now, not while something is measured.
        self.execute("CHECKPOINT")
        return f"{self.url}/{name}"

    def count_statements(self, seconds: float) -> float:
        """Log all that clients ask for so many seconds; return the statements a second."""
        self.execute("ALTER SYSTEM SET log_statement = 'all'")
        self.execute("SELECT pg_reload_conf()")
        time.sleep(1)
        start = self.log.stat().st_size
        began = time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        with self.log.open("rb") as log:
            log.seek(start)
            count = sum(any(word in line for word in STATEMENTS) for line in log)
        self.execute("ALTER SYSTEM RESET log_statement")
        self.execute("SELECT pg_reload_conf()")
        return count / took


def empty_redis(url: str) -> None:
    """Forget all messages of the engine before."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        if not (said := connection.recv(64)).startswith(b"+OK"):
            raise RuntimeError(f"Redis was not emptied: {said!r}")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start a server in a temporary folder, and stop it afterwards."""
    initdb, pg_ctl = postgres_binary("initdb"), postgres_binary("pg_ctl")
    user, port = unprivileged_user(), free_port()
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        if user:
            shutil.chown(folder, user)
        data, log = f"{folder}/data", f"{folder}/log"
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
        command([initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"], folder, user)
        command([pg_ctl, "-D", data, "-o", options, "-l", log, "-w", "start"], folder, user)
        try:
            yield Postgres(f"postgres://postgres@127.0.0.1:{port}", Path(log))
        finally:
            command([pg_ctl, "-D", data, "-m", "immediate", "-w", "stop"], folder, user)
