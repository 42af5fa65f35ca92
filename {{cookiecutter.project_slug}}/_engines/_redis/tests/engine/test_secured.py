"""Real servers with a password, TLS, a database number and a Sentinel: messages come through."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.sentinel import Sentinel

from tasks.engine import engine
from tasks.sentinels import sentinels_of
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import glance
from tests.conformance.harness import Programs, wait_until
from tests.engine import secured
from tests.engine.server import program

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(program() is None, reason="there is no redis-server to start"),
]


@pytest.fixture(params=["server", "sentinel"])
def address(
    request: pytest.FixtureRequest, tmp_path: Path, use_redis: Callable[[str], None]
) -> Iterator[str]:
    """Where Redis is; this process and all that it starts use it."""
    can_encrypt = secured.can_encrypt()
    if request.param == "sentinel":
        started = secured.behind_sentinel(tmp_path, is_encrypted=can_encrypt)
    elif can_encrypt:
        started = secured.encrypted(tmp_path)
    else:
        pytest.skip("this redis-server speaks no TLS, or there is no openssl")
    with started as url:
        use_redis(url)
        yield url


def direct(url: str) -> Redis:
    """A client that redis-py makes by itself of the same address."""
    asked = sentinels_of(url)
    if asked is None:
        return Redis.from_url(url)
    sentinel = Sentinel(asked.hosts, sentinel_kwargs=asked.own_options)  # type: ignore[no-untyped-call]
    found: Redis = sentinel.master_for(asked.service, **asked.options)  # type: ignore[no-untyped-call]
    return found


def test_calls_reach_a_worker_and_lie_in_the_database_that_was_named(
    programs: Programs, address: str
) -> None:
    assert engine.backlog() is not None, "the web's client does not get through"

    programs.worker("--threads=1")
    # It has no row: it comes through Redis, or not at all.
    glance.enqueue("came through")

    wait_until(Mark.objects.exists, "it was made")
    assert set(direct(address).info("keyspace")) == {f"db{secured.NUMBER}"}


def test_options_for_sentinels_are_apart_from_those_for_the_server() -> None:
    asked = sentinels_of(
        "rediss+sentinel://me:p%40ss@one:26380,[::1],two/shop/2"
        "?ssl_check_hostname=false&sentinel_password=other"
    )

    assert asked is not None
    assert asked.hosts == [("one", 26380), ("::1", 26379), ("two", 26379)]
    assert asked.service == "shop"
    assert asked.options == {
        "username": "me",
        "password": "p@ss",
        "db": 2,
        "ssl": True,
        "ssl_check_hostname": False,
    }
    assert asked.own_options == {"ssl": True, "ssl_check_hostname": False, "password": "other"}
    assert sentinels_of("rediss://:secret@one/0") is None
