"""What is in Redis of calls without a row, and what was set aside."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from redis import Redis

from tasks import registry, streams

STREAM = streams.calls_stream("brief", is_async=False)


def waiting() -> int:
    """How many calls no worker has made yet."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        names = [
            streams.calls_stream(queue, is_async=kind)
            for queue in registry.queues()
            for kind in (False, True)
        ]
        return sum(int(redis.xlen(name)) for name in names)


def send(text: str) -> None:
    """Send any text as a call."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.xadd(STREAM, streams.call_message(text))


def reasons() -> list[str]:
    """Why messages were set aside."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        notes: list[Any] = redis.xrange(streams.aside_key()) or []
        return [note[b"reason"].decode() for _, note in notes]


def forget_reasons() -> None:
    """Begin anew: only so many are kept."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(streams.aside_key())
