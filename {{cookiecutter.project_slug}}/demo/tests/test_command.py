"""`manage.py demo` as people run it: a process of its own, on a database of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from demo.address import any_port, claimed, is_free
from demo.tests.test_processes import wait_until_gone

# What it starts is the same whatever carries the tasks and whatever stores them.
pytestmark = pytest.mark.once

WITHIN = 100.0
"""Seconds that a demo may take for anything on a busy machine."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A machine on which nobody has run the demo yet."""
    directory = tmp_path_factory.mktemp("demo")
    with fresh_database(directory) as url:
        yield {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url,
            "EMAIL_URL": (directory / "mail").as_uri(),
            "DEBUG": "true",
            "DEMO": "true",
            "SECRET_KEY": "only-for-tests",
            "ALLOWED_HOSTS": "localhost",
        }


@contextmanager
def fresh_database(directory: Path) -> Iterator[str]:
    """A new database of the kind that the tests run on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{directory / 'demo.sqlite3'}"
        return
    server = settings.DATABASES["default"]
    name = f"test_demo_{uuid4().hex[:8]}"
    address = f"{server['HOST'] or 'localhost'}:{server['PORT'] or 5432}"
    user = f"{server['USER']}:{server['PASSWORD']}" if server["PASSWORD"] else server["USER"]
    with psycopg.connect(f"postgres://{user}@{address}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield f"postgres://{user}@{address}/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Demo:
    """A running `manage.py demo` and what it has written so far."""

    def __init__(self, *arguments: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.lines.extend(lines)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until it has written something."""
        ends_at = time.monotonic() + WITHIN
        while time.monotonic() < ends_at and self.process.poll() is None:
            found = re.search(pattern, self.text)
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} was not written:\n{self.text}")

    def end(self) -> int:
        """Wait until it has ended; its exit code."""
        code = self.process.wait(timeout=WITHIN)
        self._reader.join(timeout=WITHIN)
        return code

    def programs(self) -> dict[str, int]:
        """The process ids of the programs that it has started, by the command of each."""
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                command = (stat.parent / "cmdline").read_text().split("\0")
            except OSError:  # it has ended meanwhile
                continue
            if parent == self.process.pid and "demo.leash" in command:
                found[command[command.index("demo.leash") + 1]] = int(stat.parent.name)
        return found


def folder_of(url: str) -> Path:
    return Path(url.removeprefix("file://"))


@pytest.fixture
def demo(environment: dict[str, str]) -> Iterator[Demo]:
    demo = Demo("--port", str(any_port()), environment=environment)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.terminate()
        demo.end()


def test_the_check_sees_every_seeded_order_end_well(environment: dict[str, str]) -> None:
    port = str(any_port())
    demo = Demo("--check", "--port", port, environment=environment)

    assert demo.end() == 0, demo.text

    assert "Traceback" not in demo.text
    for row in (r"order +confirmed +23", r"order +declined +4", r"order +sold_out +2"):
        assert re.search(row, demo.text), demo.text
    assert re.search(r"mail +sent +31", demo.text)
    assert "All orders have ended as they should" in demo.text
    mails = "".join(mail.read_text() for mail in folder_of(environment["EMAIL_URL"]).iterdir())
    assert "Welcome" in mails
    assert set(re.findall(r"http://localhost:(\d+)/", mails)) == {port}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the process table in /proc")
def test_ctrl_c_leaves_no_process_behind(demo: Demo) -> None:
    port = int(demo.until(r"The shop is open: http://localhost:(\d+)/")[1])
    demo.until(r"worker +\| .*ready")
    programs = demo.programs()
    assert set(programs) == {"runserver", "worker", "timer", "sandbox"}

    demo.process.send_signal(signal.SIGINT)

    assert demo.end() == 0, demo.text
    assert "Traceback" not in demo.text
    assert "demo    | Stopping." in demo.text
    wait_until_gone(programs.values())
    assert is_free(port)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the process table in /proc")
def test_a_program_that_dies_ends_the_demo(demo: Demo) -> None:
    demo.until(r"The shop is open")
    programs = demo.programs()

    os.kill(programs["timer"], signal.SIGKILL)

    assert demo.end() == 1
    assert "CommandError: The timer process ended unexpectedly, by signal 9" in demo.text
    wait_until_gone(programs.values())


def test_the_next_free_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with claimed(port) as next_one:
            assert next_one > port
        assert not is_free(port)


def test_two_demos_that_start_together_have_two_ports() -> None:
    with claimed(any_port()) as one, claimed(one) as other:
        assert is_free(one)
        assert other > one


def test_the_port_of_a_demo_that_has_ended_is_the_next_ones() -> None:
    with claimed(any_port()) as port:
        pass

    with claimed(port) as again:
        assert again == port


def test_a_port_that_no_server_can_have_is_refused(environment: dict[str, str]) -> None:
    demo = Demo("--port", "99999", environment=environment)

    assert demo.end() == 1
    assert demo.text == "CommandError: No port from 99999 on is free. Name another: --port 8000\n"
