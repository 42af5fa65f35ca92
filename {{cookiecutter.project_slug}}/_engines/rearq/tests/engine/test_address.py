"""Every kind of address leads to the right server, database and login."""

from typing import Any

import pytest
import redis
from redis.sentinel import SentinelConnectionPool

from config.settings import redis as redis_settings
from tasks import broker, redis_url


def options_of(url: str, settings: Any) -> dict[str, Any]:
    settings.REDIS_URL = redis_settings.redis_url(url)
    options: dict[str, Any] = broker.web_client().connection_pool.connection_kwargs
    return options


def test_a_server_is_reached_with_password_and_number(settings: Any) -> None:
    options = options_of("redis://me:p%40ss@redis.internal:6380/5", settings)

    assert (options["host"], options["port"], options["db"]) == ("redis.internal", 6380, 5)
    assert (options["username"], options["password"]) == ("me", "p@ss")
    assert options["socket_connect_timeout"] <= 0.25


def test_tls_is_used_when_it_is_asked_for(settings: Any) -> None:
    settings.REDIS_URL = redis_settings.redis_url("rediss://:secret@redis.internal/0")

    pool = broker.web_client().connection_pool

    assert pool.connection_class is redis.SSLConnection


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_sentinels_are_asked_for_the_server(settings: Any, is_encrypted: bool) -> None:
    scheme = "rediss+sentinel" if is_encrypted else "redis+sentinel"
    settings.REDIS_URL = redis_settings.redis_url(f"{scheme}://me:p%40ss@one:26380,two/main/3")

    pool = broker.web_client().connection_pool

    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "main"
    assert pool.connection_kwargs["db"] == 3
    assert pool.connection_kwargs["password"] == "p@ss"
    servers = [
        sentinel.connection_pool.connection_kwargs for sentinel in pool.sentinel_manager.sentinels
    ]
    assert [(one["host"], one["port"]) for one in servers] == [("one", 26380), ("two", 26379)]
    assert issubclass(pool.connection_class, redis.SSLConnection) is is_encrypted


def test_people_are_not_shown_the_password(settings: Any) -> None:
    settings.REDIS_URL = "redis+sentinel://me:secret@one,two/main/3"

    assert redis_url.place() == "redis+sentinel://one,two/main/3"
    assert redis_url.has_password()


def test_no_queue_reads_the_messages_of_another() -> None:
    from tasks.streams import streams

    names = ["a", "a.high", "a.async", "a.", "a.async.low", "a..high"]
    each = [set(streams([name], is_async=kind)) for name in names for kind in (False, True)]

    assert sum(map(len, each)) == len(set().union(*each)) == 6 * len(names)
