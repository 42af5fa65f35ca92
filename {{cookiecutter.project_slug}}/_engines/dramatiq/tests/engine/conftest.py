"""A Redis that a test may stop and empty as it likes."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tasks.engine import engine
from tests.engine.carrier import RedisCarrier
from tests.engine.server import RedisServer, program


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """A server for this test alone; what the test starts finds it, too."""
    if program() is None:
        pytest.skip("there is no redis-server to start and stop on this machine")
    started = RedisServer()
    started.start()
    settings.REDIS_URL = started.url
    monkeypatch.setenv("TEST_REDIS_URL", started.url)
    monkeypatch.setattr(engine, "_client", None)
    yield started
    started.stop()
    monkeypatch.setattr(engine, "_closed_until", 0.0)


@pytest.fixture
def redis(server: RedisServer) -> RedisCarrier:
    """What is in that server."""
    return RedisCarrier()
