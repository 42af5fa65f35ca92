"""The Dramatiq engine: a run that was committed rings a doorbell, a message in Redis with its id.

The row is the record. Whatever becomes of the messages, workers look into the table by themselves.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Protocol

from django.core import checks

from tasks import calls, doorbells, redis_url, registry
from tasks.models import TaskRun

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import Pipeline

    from tasks.fleeting import Fleeting
    from tasks.worker.options import WorkerOptions

logger = logging.getLogger("tasks")

MESSAGES_AT_ONCE = 1000
KEPT_SECONDS = 24 * 3600
"""So long after its last message a lane is forgotten: nobody serves it."""
PAUSE_SECONDS = 1.0
"""So long nobody rings after Redis did not answer."""
LOOK = ""
"""What the bell says instead of a lane: look into the table."""


class Placed(Protocol):
    """What of a run decides where it rings."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def queue(self) -> str: ...
    @property
    def priority(self) -> int: ...


class DramatiqEngine:
    """Rings by a message to the lane of each run, and fails fast: a caller never waits for Redis.

    A queue that no task names has no lane: workers are told to look into the table.
    """

    name = "dramatiq"
    needs_second_ring: bool = True
    """Whether what a lost message was for must be rung again. A worker that hears nothing for a
    second, and sees that runs are ready, takes them from the table."""

    def __init__(self) -> None:
        self._client: Redis | None = None
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def get_ready(self) -> None:
        """Load now what the first ring needs, so that no request waits for it: a second, where the
        machine is busy."""
        self._connected()

    def ring(self, ids: Sequence[uuid.UUID], runs: Sequence[Placed] = ()) -> None:
        """Wake the workers: these runs were committed. `runs` are they, if the caller has them."""
        from redis import RedisError

        if not self._may_try():
            return
        try:
            self._ring(runs or _placed(ids))
        except (RedisError, OSError) as error:
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis is away; workers find by themselves what is ready: %s", error)

    def carry(self, fleeting: Sequence[Fleeting]) -> None:
        """Send calls that have no row. While Redis does not answer they are lost."""
        from redis import RedisError

        if not self._may_try():
            return
        try:
            self._carry(fleeting)
        except (RedisError, OSError) as error:
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis is away; calls without a row are lost: %s", error)

    def backlog(self) -> Mapping[str, int] | None:
        """Return how many messages wait in the lanes of each queue; `None` while Redis is away."""
        from redis import RedisError

        lanes = {lane: queue for queue in registry.queues() for lane in doorbells.lanes_of(queue)}
        try:
            pipeline = self._connected().pipeline(transaction=False)
            for lane in lanes:
                pipeline.llen(doorbells.key(lane))
            lengths = pipeline.execute()
        except (RedisError, OSError):
            return None
        waiting = dict.fromkeys(lanes.values(), 0)
        for queue, length in zip(lanes.values(), lengths, strict=True):
            waiting[queue] += int(length)
        return waiting

    def check(self) -> list[checks.CheckMessage]:
        """Report what is wrong with how Redis is reached."""
        from tasks.redis_client import hasty_client, patient_client

        return redis_url.check(hasty_client, patient_client)

    def work(self, options: WorkerOptions) -> None:
        """Be one worker process until told to stop."""
        # Not at the top: a web process enqueues and has no use for the worker's machinery.
        from tasks.worker.claimant import Claimant
        from tasks.worker.liveness import Sleeper

        sleeper = Sleeper(options.worker_id)
        if options.solo or options.drain:
            # Both are about what the table holds, and end with it.
            Claimant(options, sleeper).run()
            return
        from tasks.worker.answering import Answering

        Answering(options, sleeper).run()

    def _may_try(self) -> bool:
        """Whether Redis answered last time, or it is time for somebody to try again."""
        now = time.monotonic()
        if now >= self._closed_until > 0.0:
            with self._lock:
                if now < self._closed_until:
                    return False
                # The others go on without until this one knows.
                self._closed_until = now + PAUSE_SECONDS
                return True
        return now >= self._closed_until

    def _ring(self, runs: Iterable[Placed]) -> None:
        by_lane: dict[str, list[uuid.UUID]] = defaultdict(list)
        known = registry.queues()
        for run in runs:
            lane = doorbells.lane_of(run.queue, run.priority) if run.queue in known else LOOK
            by_lane[lane].append(run.id)
        pipeline = self._connected().pipeline(transaction=False)
        for lane, ids in by_lane.items() or [(LOOK, [])]:
            if lane != LOOK:
                _leave(pipeline, lane, [doorbells.message(lane, id_) for id_ in ids])
            pipeline.publish(doorbells.bell(), lane)
        pipeline.execute()
        self._closed_until = 0.0

    def _carry(self, fleeting: Iterable[Fleeting]) -> None:
        by_lane: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for one in fleeting:
            lane = doorbells.calls_lane_of(one.queue)
            by_lane[lane].append(doorbells.call_message(lane, calls.write(one)))
        pipeline = self._connected().pipeline(transaction=False)
        for lane, messages in by_lane.items():
            _leave(pipeline, lane, messages)
            pipeline.publish(doorbells.bell(), lane)
        pipeline.execute()
        self._closed_until = 0.0

    def _connected(self) -> Redis:
        from tasks.redis_client import hasty_client

        if self._client is None:
            with self._lock:
                # One for all threads: a client that nobody keeps closes its connections, also those
                # that are just being used.
                if self._client is None:
                    self._client = redis_url.usable(hasty_client)
        return self._client


def _leave(pipeline: Pipeline, lane: str, messages: Sequence[tuple[str, str]]) -> None:
    """Leave messages in a lane, as Dramatiq would."""
    texts, waiting = doorbells.key(f"{lane}.msgs"), doorbells.key(lane)
    for some in batched(messages, MESSAGES_AT_ONCE):
        pipeline.hset(texts, items=[word for message in some for word in message])
        pipeline.rpush(waiting, *(id_ for id_, _ in some))
    pipeline.expire(texts, KEPT_SECONDS)
    pipeline.expire(waiting, KEPT_SECONDS)


def _placed(ids: Sequence[uuid.UUID]) -> Iterable[Placed]:
    if not ids:
        return []
    return TaskRun.objects.filter(pk__in=ids).only("id", "queue", "priority")


engine = DramatiqEngine()
