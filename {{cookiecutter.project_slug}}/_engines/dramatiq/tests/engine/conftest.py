"""A Redis that a test may stop and empty as it likes."""

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from tasks.engine import engine
from tests.engine.carrier import RedisCarrier
from tests.engine.server import RedisServer, program


@pytest.fixture
def use_redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Go to another server; what the test starts goes there, too."""

    def use(url: str) -> None:
        settings.REDIS_URL = url
        monkeypatch.setenv("TEST_REDIS_URL", url)
        monkeypatch.setattr(engine, "_client", None)
        monkeypatch.setattr(engine, "_closed_until", 0.0)

    return use


@pytest.fixture
def server(use_redis: Callable[[str], None]) -> Iterator[RedisServer]:
    """A server for this test alone; what the test starts finds it, too."""
    if program() is None:
        pytest.skip("there is no redis-server to start and stop on this machine")
    started = RedisServer()
    started.start()
    use_redis(started.url)
    yield started
    started.stop()


@pytest.fixture
def redis(server: RedisServer) -> RedisCarrier:
    """What is in that server."""
    return RedisCarrier()
