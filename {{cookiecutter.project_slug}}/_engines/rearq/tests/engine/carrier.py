"""The Redis under test, to be disturbed. See `tests.conformance.engine`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from redis import Redis

from tasks.streams import Fields, stream

AWAY_SECONDS = 3.0
QUEUE = "default"
NONSENSE: dict[str, Fields] = {
    "nothing that is asked for": {"note": "hello"},
    "a name of something else": {"id": uuid.uuid4().hex},
    "no id": {"job_id": "42"},
    "an empty id": {"job_id": ""},
    "no run": {"job_id": uuid.uuid4().hex},
    "an old version": {"task": "demo", "args": "[1, 2]", "kwargs": "{}"},
    "five megabytes": {"job_id": "x" * 5_000_000},
    "binary": {bytes(range(256)): bytes(range(255, -1, -1)), "job_id": b"\xff" * 32},
}


class RedisCarrier:
    """Only keys of this run of the tests are touched."""

    def lose_messages(self) -> int:
        """Delete every key; return how many messages there were."""
        with self.client() as redis:
            keys = list(redis.scan_iter(f"{settings.REDIS_PREFIX}:*", count=1000))
            lost: int = sum(redis.xlen(key) for key in keys if redis.type(key) == b"stream")
            redis.delete(*keys)
            return lost

    def send_nonsense(self) -> int:
        """Send one message of each kind that no worker understands; return how many."""
        with self.client() as redis:
            for fields in NONSENSE.values():
                redis.xadd(stream(QUEUE, priority=0, is_async=False), {**fields})
        return len(NONSENSE)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Answer nobody for three seconds."""
        ends = time.monotonic() + AWAY_SECONDS
        with self.client() as redis:
            redis.client_pause(round(AWAY_SECONDS * 1000))
        yield
        time.sleep(max(0.0, ends - time.monotonic()))

    def client(self) -> Redis:
        """A client that waits for its answer."""
        return Redis.from_url(settings.REDIS_URL, socket_timeout=30)


carrier = RedisCarrier()
