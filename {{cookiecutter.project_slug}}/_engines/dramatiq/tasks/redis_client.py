"""Clients of the Redis at `REDIS_URL`: one that fails at once, and one that rides out an outage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.conf import settings

if TYPE_CHECKING:
    from redis import Redis

HASTY_CONNECT_SECONDS = 0.25
HASTY_ANSWER_SECONDS = 0.5
SENTINEL_PORT = 26379


def hasty_client() -> Redis:
    """Return a client for the web: what Redis does not take at once, it does not get."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return _client(
        socket_connect_timeout=HASTY_CONNECT_SECONDS,
        socket_timeout=HASTY_ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def patient_client() -> Redis:
    """Return a client for workers: it tries again for a moment, and notices a dead connection."""
    from redis.backoff import ExponentialWithJitterBackoff
    from redis.retry import Retry

    return _client(
        socket_connect_timeout=5,
        socket_timeout=10,
        socket_keepalive=True,
        health_check_interval=30,
        retry=Retry(ExponentialWithJitterBackoff(base=0.1, cap=1), 3),
    )


def _client(**options: Any) -> Redis:
    from redis import Redis

    url: str = settings.REDIS_URL
    scheme, _, rest = url.partition("://")
    if not scheme.endswith("+sentinel"):
        return Redis.from_url(url, **options)
    return _behind_sentinels(rest, is_encrypted=scheme.startswith("rediss"), **options)


def _behind_sentinels(rest: str, *, is_encrypted: bool, **options: Any) -> Redis:
    """`user:password@host:port,host:port/service/number`; the login is the server's."""
    from redis.sentinel import Sentinel

    place, _, path = rest.partition("?")[0].partition("/")
    login, _, hosts = place.rpartition("@")
    username, _, password = login.partition(":")
    service, _, number = path.partition("/")
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        [_address(host) for host in hosts.split(",")],
        sentinel_kwargs={"ssl": is_encrypted, **options},
    )
    client: Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        service,
        username=unquote(username) or None,
        password=unquote(password) or None,
        db=int(number or 0),
        ssl=is_encrypted,
        **options,
    )
    return client


def _address(host: str) -> tuple[str, int]:
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name:
        name, port = port, ""
    return name.strip("[]"), int(port or SENTINEL_PORT)
