"""Redis is where its address says."""

import pytest
from pytest_django import Settings
from redis.sentinel import SentinelConnectionPool

from config.settings.redis import redis_prefix, redis_url
from tasks.redis_client import hasty_client, patient_client
from tests.test_settings import PRODUCTION, refusal


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost:6379/3",
        "redis://:p%40ss@[::1]:6380/0?protocol=3",
        "rediss://user:password@redis.example.com:6379/0",
        "redis+sentinel://:secret@one:26379,two:26379/shop/0",
        "redis+sentinel://one/shop",
    ],
)
def test_addresses_of_redis_and_of_sentinels_are_understood(url: str) -> None:
    assert redis_url(url) == url


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://secret@localhost", "begins with none"),
        ("localhost:6379", "begins with none"),
        ("redis://", "names no host"),
        ("redis://localhost:many", "names no host"),
        ("redis://one,two", "names several hosts"),
        ("redis://localhost/first", "no number"),
        ("redis+sentinel://one,two", "what the Sentinels call"),
        ("redis+sentinel://one/shop/first", "no number"),
        ("redis://h:99999/0", "not from 1 to 65535"),
        ("redis+sentinel://one,two:0/shop", "not from 1 to 65535"),
        ("redis://:pa#ss@h/0", "%23"),
        ("redis://h/0#part", "%23"),
    ],
)
def test_what_is_no_address_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        redis_url(url)


def test_a_bad_address_of_redis_is_one_sentence_without_its_password() -> None:
    line = refusal("worker", **PRODUCTION | {"REDIS_URL": "http://:s3cret@redis"})

    assert line.startswith("REDIS_URL begins with none of")
    assert "s3cret" not in line


def test_a_prefix_is_plain() -> None:
    assert redis_prefix("shop-1") == "shop-1"
    with pytest.raises(ValueError, match="more than letters"):
        redis_prefix("a shop:")


def test_the_web_gives_up_at_once_and_a_worker_does_not(settings: Settings) -> None:
    settings.REDIS_URL = "rediss://user:p%40ss@redis.example.com:6380/3"

    web, worker = (
        make().connection_pool.connection_kwargs for make in (hasty_client, patient_client)
    )

    assert web["host"] == worker["host"] == "redis.example.com"
    assert (web["port"], web["db"], web["username"], web["password"]) == (6380, 3, "user", "p@ss")
    assert web["retry"].get_retries() == 0
    assert web["socket_connect_timeout"] <= 0.25
    assert worker["retry"].get_retries() > 0
    assert worker["health_check_interval"] > 0


def test_sentinels_are_asked_for_the_server(settings: Settings) -> None:
    settings.REDIS_URL = "redis+sentinel://user:p%40ss@one:26380,[::1],two/shop/2"

    pool = patient_client().connection_pool

    assert isinstance(pool, SentinelConnectionPool)
    assert pool.service_name == "shop"
    options = [one.connection_pool.connection_kwargs for one in pool.sentinel_manager.sentinels]
    asked = [(option["host"], option["port"]) for option in options]
    assert asked == [("one", 26380), ("::1", 26379), ("two", 26379)]
    assert pool.connection_kwargs["password"] == "p@ss"
    assert pool.connection_kwargs["db"] == 2
