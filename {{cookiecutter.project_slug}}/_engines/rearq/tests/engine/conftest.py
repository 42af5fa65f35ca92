"""A Redis that a test may stop, empty and look into."""

from collections.abc import Iterator
from typing import Any

import pytest

from tasks.broker import web_client
from tasks.engine import engine
from tests.engine.server import RedisServer, program


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[RedisServer]:
    """A Redis of the test's own, which this process uses, and every program that it starts."""
    if program() is None:
        pytest.skip("there is no redis-server to stop and start")
    private = RedisServer()
    private.start()
    for name in ("TEST_REDIS_URL", "REDIS_URL"):
        monkeypatch.setenv(name, private.url)
    settings.REDIS_URL = private.url
    # Not as an attribute: to look at the old one would make it, with the new address.
    monkeypatch.setitem(vars(engine), "_redis", web_client())
    yield private
    private.stop()
