"""The no-op tasks of ReArq, for a process that enqueues."""

import asyncio
import socket

import redis
from django.conf import settings
from django.db import connection
from rearq.constants import DEFAULT_QUEUE

from benchmarks.engines.rearq.app import noop, rearq, stamp

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(rearq.startup())

# Its worker makes the group at the end of the stream: what is enqueued before the first worker
# comes would never be run.
with redis.Redis.from_url(settings.REDIS_URL) as broker:
    broker.delete(DEFAULT_QUEUE)
    broker.xgroup_create(DEFAULT_QUEUE, socket.gethostname(), id="0", mkstream=True)


def enqueue() -> None:
    loop.run_until_complete(noop.delay())


def enqueue_stamp(enqueued_at: float) -> None:
    loop.run_until_complete(stamp.delay(enqueued_at))


def has_unfinished() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM rearq_job WHERE status IN ('queued', 'in_progress'))"
        )
        return bool(cursor.fetchone()[0])
