"""A Redis that a test may stop, empty and look into."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tasks.broker import web_client
from tasks.engine import engine
from tasks.fuse import Fuse
from tests.engine.server import RedisServer, program


@pytest.fixture
def use_redis(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[str], None]:
    """Go to another server; what the test starts goes there, too."""

    def use(url: str) -> None:
        for name in ("TEST_REDIS_URL", "REDIS_URL"):
            monkeypatch.setenv(name, url)
        settings.REDIS_URL = url
        # Not as an attribute: to look at the old one would make it, with the new address.
        monkeypatch.setitem(vars(engine), "_redis", web_client())
        monkeypatch.setattr(engine, "_fuse", Fuse())

    return use


@pytest.fixture
def server(use_redis: Callable[[str], None]) -> Iterator[RedisServer]:
    """A Redis of the test's own, which this process uses, and every program that it starts."""
    if program() is None:
        pytest.skip("there is no redis-server to stop and start")
    private = RedisServer()
    private.start()
    use_redis(private.url)
    yield private
    private.stop()
