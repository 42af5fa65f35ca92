"""A whole shop in containers, for tests: its own project, ports and data."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from tests.variables import variables

BASE = Path(__file__).resolve().parents[2]
# The settings of the tests are not those of the containers.
OUTSIDE = {name: value for name, value in os.environ.items() if name not in variables()}
NOT_COPIED = shutil.ignore_patterns(
    ".env", ".git", ".venv", ".*_cache", "var", "*.sqlite3*", "secrets"
)
WITHIN = 120.0
"""Seconds that anything may take on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The containers of one Compose project."""

    folder: Path
    name: str
    files: Sequence[str] = ("compose.yaml",)
    environment: Mapping[str, str] = field(default_factory=dict)

    def compose(self, *arguments: str, expect: int | None = 0) -> str:
        """Run `docker compose`; return what it printed on standard output."""
        ran = subprocess.run(
            self._command(*arguments),
            cwd=self.folder,
            env={**OUTSIDE, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if expect is not None:
            assert ran.returncode == expect, f"{arguments}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def start(self, *options: str) -> None:
        """Start everything and wait until it is healthy; what was said is shown when it is not."""
        try:
            self.compose("up", "--detach", "--wait", *options)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from error

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Have `docker compose watch` bring over what is saved meanwhile."""
        with subprocess.Popen(
            self._command("watch", "--no-up"),
            cwd=self.folder,
            env={**OUTSIDE, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                assert process.stdout
                assert any("enabled" in line for line in process.stdout)
                yield
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=WITHIN)

    def _command(self, *arguments: str) -> list[str]:
        files = [part for name in self.files for part in ("--file", name)]
        return ["docker", "compose", "--project-name", self.name, *files, *arguments]

    def logs(self, *services: str) -> str:
        """What they have said."""
        return self.compose("logs", "--no-color", "--tail", "1000", *services)

    def inside(self, service: str, *command: str, expect: int | None = 0) -> str:
        """Run a command in a service's first container."""
        return self.compose("exec", "--no-TTY", service, *command, expect=expect)

    def shell(self, code: str) -> Any:
        """Run Python in the shop; return the JSON that it prints."""
        return json.loads(self.inside("web", "python", "manage.py", "shell", "-v", "0", "-c", code))

    def containers(self, service: str) -> list[dict[str, Any]]:
        """What Docker knows of a service's containers."""
        ids = self.compose("ps", "--all", "--quiet", service).split()
        return [docker_inspect(each) for each in ids]

    def url(self, service: str, port: int) -> str:
        """Where a service's port is published on this machine."""
        return "http://" + self.compose("port", service, str(port)).strip()


@contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """Remove all that a stack has made, its data included, whatever happens."""
    try:
        yield stack
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "60")


def copy_of_the_project(folder: Path) -> Path:
    """The project as a fresh clone would be: without what this machine says or has made."""
    return Path(shutil.copytree(BASE, folder / "project", ignore=NOT_COPIED, symlinks=True))


def docker_inspect(container: str) -> dict[str, Any]:
    """All that Docker knows of a container."""
    command = ["docker", "inspect", container]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(shown)[0]
    return found


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def until(what: str, happens: Any, *, within: float = WITHIN) -> Any:
    """Wait until a function returns something true, and return that."""
    ends_at = time.monotonic() + within
    while not (found := happens()):
        assert time.monotonic() < ends_at, f"{within:.0f} s are over, and {what} did not happen"
        time.sleep(0.2)
    return found


def get(url: str, **headers: str) -> tuple[int, str]:
    """The status and the text of a page; status 0 while nobody answers."""
    status, _, body = _ask(url, headers)
    return status, body.decode()


def encoding(url: str, **headers: str) -> str:
    """How an answer is packed, such as `gzip`; blank if it is not."""
    _, answered, _ = _ask(url, headers)
    return answered.get("Content-Encoding", "")


def _ask(url: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    named = {key.replace("_", "-"): text for key, text in headers.items()}
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=named)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except (OSError, HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def order_by_button(site: str) -> str:
    """Press the try-it page's button, as a visitor does; return who has ordered."""
    browser = build_opener(HTTPCookieProcessor())
    page = browser.open(f"{site}/", timeout=30).read().decode()
    [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    form = urlencode({"csrfmiddlewaretoken": token}).encode()
    answer = browser.open(f"{site}/try/order/", form, timeout=30).read().decode()
    [customer] = re.findall(r"([\w.+-]+@[\w.-]+) has ordered", answer)
    return str(customer)
