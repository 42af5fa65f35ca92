"""Clients of the Redis at `REDIS_URL`: one that fails at once, and one that rides out an outage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from redis import Redis

HASTY_CONNECT_SECONDS = 0.25
HASTY_ANSWER_SECONDS = 0.5


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
    # Not at the top, like all of redis-py: a process that enqueues nothing has no use for it.
    from redis import Redis
    from redis.sentinel import Sentinel

    from tasks.sentinels import sentinels_of

    asked = sentinels_of(settings.REDIS_URL)
    if asked is None:
        return Redis.from_url(settings.REDIS_URL, **options)
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        asked.hosts, sentinel_kwargs=options | asked.own_options
    )
    client: Redis = sentinel.master_for(  # type: ignore[no-untyped-call]
        asked.service, **options | asked.options
    )
    return client
