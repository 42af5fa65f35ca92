"""The ReArq engine: a run that was committed becomes a message in Redis, which wakes a worker."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.core import checks
from redis.exceptions import RedisError

from tasks import calls, redis_url, registry
from tasks.broker import web_client, worker_client
from tasks.fuse import Fuse
from tasks.models import TaskRun
from tasks.redis_url import place
from tasks.streams import (
    GROUP,
    MOST_MESSAGES,
    call_message,
    calls_stream,
    message,
    queues_key,
    stream,
    streams,
)

if TYPE_CHECKING:
    import redis

    from tasks.fleeting import Fleeting
    from tasks.ledger import NewRun
    from tasks.worker.options import WorkerOptions

MOST_AT_ONCE = 1000

type Doorbell = tuple[uuid.UUID, str, int, bool]
"""A run's id, queue and priority, and whether its function is `async def`."""


class RearqEngine:
    """Rings by plain redis-py: ReArq itself is never imported where tasks are enqueued."""

    name = "rearq"
    needs_second_ring: bool = True
    """Whether a message may get lost: Redis may be away, or be wiped."""

    def __init__(self) -> None:
        self._fuse = Fuse()
        self._lock = threading.Lock()

    def get_ready(self) -> None:
        """Be ready to ring, before a request has to wait for that."""
        _ = self._redis

    def ring(self, ids: Sequence[uuid.UUID], runs: Sequence[NewRun] = ()) -> None:
        """Wake workers: these runs were committed. `runs` are they, if the caller has them.

        While Redis is away nothing is rung, and nobody waits for it: the runs are stored, and
        workers look into the table too.
        """
        if ids and not self._fuse.is_blown:
            self.send(_of_new(runs) if runs else _look_up(ids))

    def send(self, doorbells: Iterable[Doorbell]) -> None:
        """Ring for runs of which all is known that matters here."""
        for some in batched(doorbells, MOST_AT_ONCE):
            if self._fuse.is_blown:
                return
            try:
                self._send(some)
            except (RedisError, OSError) as error:
                self._fuse.blow(f"Redis at {place()} is away, runs wait in the database", error)

    def carry(self, fleeting: Sequence[Fleeting]) -> None:
        """Send calls that have no row. While Redis is away they are lost."""
        for some in batched(fleeting, MOST_AT_ONCE):
            if self._fuse.is_blown:
                return
            try:
                self._carry(some)
            except (RedisError, OSError) as error:
                self._fuse.blow(f"Redis at {place()} is away, calls without a row are lost", error)

    def backlog(self) -> Mapping[str, int] | None:
        """Return how many messages of each queue nobody has read yet; `None` when nobody knows."""
        if self._fuse.is_blown:
            return None
        try:
            return self._count_unread()
        except (RedisError, OSError) as error:
            self._fuse.blow(f"Redis at {place()} is away, its backlog is unknown", error)
            return None

    def check(self) -> list[checks.CheckMessage]:
        """Report what is wrong with how Redis is reached."""
        return redis_url.check(web_client, lambda: worker_client(timeout=1.0))

    def work(self, options: WorkerOptions) -> None:
        """Be one worker process until told to stop."""
        # Not at the top: a web process enqueues and has no use for the worker's machinery.
        if options.solo:
            from tasks.worker.claimant import Claimant
            from tasks.worker.liveness import Sleeper

            # Runs on their last life are found in the table.
            Claimant(options, Sleeper(options.worker_id)).run()
        else:
            from tasks.worker.answering import Answering

            Answering(options).run()

    @cached_property
    def _redis(self) -> redis.Redis:
        with self._lock:
            # One for all threads: a client that nobody keeps closes its connections, also those
            # that are just being used.
            if "_redis" not in vars(self):
                vars(self)["_redis"] = redis_url.usable(web_client)
            client: redis.Redis = vars(self)["_redis"]
            return client

    def _send(self, doorbells: Sequence[Doorbell]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for id_, queue, priority, is_async in doorbells:
            name = stream(queue, priority=priority, is_async=is_async)
            pipeline.xadd(name, message(id_), maxlen=MOST_MESSAGES, approximate=True)
        pipeline.sadd(queues_key(), *{queue for _, queue, _, _ in doorbells})
        pipeline.execute()

    def _carry(self, fleeting: Sequence[Fleeting]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        coroutines = registry.asynchronous()
        for one in fleeting:
            name = calls_stream(one.queue, is_async=one.name in coroutines)
            message = call_message(calls.write(one))
            pipeline.xadd(name, message, maxlen=MOST_MESSAGES, approximate=True)
        pipeline.execute()

    def _count_unread(self) -> dict[str, int]:
        """Of each stream: its length without what was read. What is done with is deleted there."""
        rung: Iterable[Any] = self._redis.smembers(queues_key())
        queues = registry.queues() | {name.decode() for name in rung}
        names = {
            name: queue
            for queue in queues
            for kind in (False, True)
            for name in streams([queue], is_async=kind)
        }
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.xlen(name)
        for name in names:
            pipeline.xpending(name, GROUP)
        replies = pipeline.execute(raise_on_error=False)
        lengths, pending = replies[: len(names)], replies[len(names) :]
        # A stream that no worker has seen yet has no group: none of it was read.
        read = [entry["pending"] if isinstance(entry, dict) else 0 for entry in pending]
        unread = dict.fromkeys(queues, 0)
        for queue, length, seen in zip(names.values(), lengths, read, strict=True):
            unread[queue] += max(0, length - seen)
        return unread


def _of_new(runs: Iterable[NewRun]) -> Iterator[Doorbell]:
    return ((run.id, run.queue, run.priority, run.is_async) for run in runs)


def _look_up(ids: Sequence[uuid.UUID]) -> Iterator[Doorbell]:
    for some in batched(ids, MOST_AT_ONCE):
        runs = TaskRun.objects.filter(pk__in=some).order_by("run_at", "id")
        yield from runs.values_list("id", "queue", "priority", "is_async")


engine = RearqEngine()
