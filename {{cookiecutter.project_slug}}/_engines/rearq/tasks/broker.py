"""Connections with the Redis that REDIS_URL names: a server, or sentinels that know one."""

from __future__ import annotations

from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from tasks.sentinels import sentinels_of


def web_client() -> redis.Redis:
    """Return a client that gives up fast: a request must not wait for a broker."""
    client: redis.Redis = _client(
        redis.Redis,
        redis.Sentinel,
        socket_connect_timeout=0.25,
        socket_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
    )
    return client


def worker_client(*, timeout: float) -> redis.asyncio.Redis:
    """Return a client for an event loop; no answer may take longer than `timeout` seconds.

    It does not retry by itself: who uses it tries again and again, and says so.
    """
    client: redis.asyncio.Redis = _client(
        redis.asyncio.Redis,
        redis.asyncio.Sentinel,
        socket_connect_timeout=timeout,
        socket_timeout=timeout,
        retry=AsyncRetry(NoBackoff(), 0),
    )
    return client


def _client(plain: Any, sentinels: Any, **options: Any) -> Any:
    # The answers of the newer protocol have other shapes.
    options["protocol"] = 2
    asked = sentinels_of(settings.REDIS_URL)
    if asked is None:
        return plain.from_url(settings.REDIS_URL, **options)
    return sentinels(asked.hosts, sentinel_kwargs=options | asked.own_options).master_for(
        asked.service, **options | asked.options
    )
