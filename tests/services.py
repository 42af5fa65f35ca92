"""PostgreSQL and Redis for the tests: the named ones, those on localhost, or private ones."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

LOCAL_POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
LOCAL_REDIS = "redis://127.0.0.1:6379/0"
PATIENCE = 2.0  # seconds for a server to answer
START_LIMIT = 30.0  # seconds for a private server to start


class Unavailable(Exception):
    """There is no such server and none could be started; the text says why."""


@contextmanager
def postgres(environ: Mapping[str, str]) -> Iterator[str]:
    """The URL of a PostgreSQL whose user may create databases.

    Raises Unavailable where there is none, and where TEST_DATABASE_URL names one that is silent.
    """
    if named := environ.get("TEST_DATABASE_URL"):
        if not postgres_answers(named):
            raise Unavailable("no PostgreSQL answers at TEST_DATABASE_URL")
        yield named
    elif postgres_answers(LOCAL_POSTGRES):
        yield LOCAL_POSTGRES
    else:
        with private_postgres() as url:
            yield url


@contextmanager
def redis(environ: Mapping[str, str]) -> Iterator[str]:
    """The URL of a Redis.

    Raises Unavailable where there is none, and where TEST_REDIS_URL names one that is silent.
    """
    if named := environ.get("TEST_REDIS_URL"):
        if not redis_answers(named):
            raise Unavailable("no Redis answers at TEST_REDIS_URL")
        yield named
    elif redis_answers(LOCAL_REDIS):
        yield LOCAL_REDIS
    else:
        with private_redis() as url:
            yield url


def postgres_answers(url: str) -> bool:
    """Whether a PostgreSQL lets us in at this URL."""
    try:
        with psycopg.connect(url, connect_timeout=int(PATIENCE)):
            return True
    except psycopg.OperationalError:
        return False


def redis_answers(url: str) -> bool:
    """Whether something that greets like Redis listens at this URL."""
    address = urlsplit(url)
    try:
        with socket.create_connection(
            (address.hostname, address.port or 6379), timeout=PATIENCE
        ) as connection:
            connection.sendall(b"PING\r\n")
            # A Redis that asks for a password is one, too.
            return connection.recv(16).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False


@contextmanager
def private_postgres() -> Iterator[str]:
    """Start a PostgreSQL of our own in a temporary folder, and stop it afterwards."""
    initdb, pg_ctl = postgres_binary("initdb"), postgres_binary("pg_ctl")
    user = unprivileged_user()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        command([initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"], folder, user)
        start = [pg_ctl, "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start"]
        command(start, folder, user)
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            command([pg_ctl, "-D", data, "-m", "immediate", "-w", "stop"], folder, user)


def postgres_binary(name: str) -> str:
    """The path of a PostgreSQL program, which Debian keeps off PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: place.parent.name)
    path = os.pathsep.join([os.environ["PATH"], *map(str, reversed(places))])
    if found := shutil.which(name, path=path):
        return found
    raise Unavailable(f"no PostgreSQL on localhost:5432, and no {name} to start one with")


def unprivileged_user() -> str | None:
    """Whom to run PostgreSQL as, which refuses root; None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Unavailable("PostgreSQL refuses to run as root, and there is no user to run it as")


def command(arguments: list[str], folder: str, user: str | None) -> None:
    """Run a program of PostgreSQL's to its end."""
    ran = subprocess.run(
        arguments,
        cwd=folder,
        user=user,
        extra_groups=None if user is None else [],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise Unavailable(f"{arguments[0]} failed: {ran.stderr.strip()}")


@contextmanager
def private_redis() -> Iterator[str]:
    """Start a Redis of our own that writes nothing to disk, and stop it afterwards."""
    program = shutil.which("redis-server")
    if program is None:
        raise Unavailable("no Redis on localhost:6379, and no redis-server to start one with")
    url = f"redis://127.0.0.1:{(port := free_port())}/0"
    arguments = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(arguments, cwd="/", stdout=subprocess.DEVNULL) as server:
        try:
            wait_for_redis(url, server)
            yield url
        finally:
            server.terminate()


def wait_for_redis(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return once the server answers."""
    deadline = time.monotonic() + START_LIMIT
    while not redis_answers(url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise Unavailable(f"redis-server did not start on {url}")
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
