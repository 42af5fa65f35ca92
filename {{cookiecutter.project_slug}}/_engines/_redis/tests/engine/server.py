"""A Redis of the tests' own, which they may stop and empty."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis

START_SECONDS = 20.0


def program() -> str | None:
    """The path of the server, if this machine has it."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def answers(url: str) -> bool:
    """Whether a Redis answers there."""
    # Not at the top: the settings of the tests come by here, and load no Redis.
    from redis import Redis, RedisError

    with Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class RedisServer:
    """Writes nothing to disk: what it held is gone when it stops."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Return once it answers. Raises `AssertionError` if it does not."""
        executable = program()
        assert executable, "there is no redis-server to start"
        self._process = subprocess.Popen(
            [executable, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *options],
            cwd="/",
            # Who waits for the end of the tests' output does not wait for the server's.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + START_SECONDS
        while not answers(self.url):
            assert time.monotonic() < ends, "redis-server does not answer"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it; nothing listens on its port any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def client(self) -> Redis:
        """A client of it."""
        from redis import Redis

        return Redis.from_url(self.url)
