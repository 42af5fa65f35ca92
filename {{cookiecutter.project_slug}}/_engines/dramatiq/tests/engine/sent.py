"""What is in Redis of calls without a row, and what was set aside."""

from __future__ import annotations

import json

from django.conf import settings
from redis import Redis

from tasks import doorbells, registry

LANE = doorbells.calls_lane_of("brief")


def waiting() -> int:
    """How many calls no worker has made yet."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        lanes = [doorbells.calls_lane_of(queue) for queue in registry.queues()]
        return sum(int(redis.hlen(doorbells.key(f"{lane}.msgs"))) for lane in lanes)


def send(text: str) -> None:
    """Send any text as a call."""
    id_, message = doorbells.call_message(LANE, text)
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.hset(doorbells.key(f"{LANE}.msgs"), id_, message)
        redis.rpush(doorbells.key(LANE), id_)


def reasons() -> list[str]:
    """Why messages were set aside."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        notes = redis.lrange(doorbells.key("__aside__"), 0, -1)
        return [json.loads(note)["reason"] for note in notes]


def forget_reasons() -> None:
    """Begin anew: only so many are kept."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(doorbells.key("__aside__"))
