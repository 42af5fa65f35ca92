"""Dramatiq's Redis broker, with consumers that wake at a bell and survive any message."""

from __future__ import annotations

import json
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from queue import SimpleQueue

from django.utils import timezone
from dramatiq import Message
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from tasks import doorbells
from tasks.worker.consumers import CallConsumer, ClaimedConsumer, DoorbellConsumer, Lane
from tasks.worker.knocks import Knocks
from tasks.worker.outage import Outage

logger = logging.getLogger("tasks.worker")

HEARTBEAT_MILLISECONDS = 30_000
"""A broker that was silent for so long has lost what it fetched: others are rung for it. What is
rung for twice starts once, so that this may be short."""
ALWAYS = 1_000_000
CLAIMED = "claimed"
"""The queue within this process of what was claimed for its threads."""
ASIDE = "__aside__"
MOST_ASIDE = 100
SHOWN_BYTES = 500


class LaneBroker(RedisBroker):
    """Consumes lanes. Nothing is delayed by Dramatiq, so there are no queues for that."""

    def __init__(
        self, client: Redis, broker_id: uuid.UUID, *, room: Callable[[str], int], knocks: Knocks
    ) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            client=client,
            middleware=[],
            namespace=doorbells.key("")[:-1],
            heartbeat_timeout=HEARTBEAT_MILLISECONDS,
            maintenance_chance=ALWAYS,
        )
        self.broker_id = str(broker_id)
        self.room = room
        self.knocks = knocks
        self.outage = Outage()
        self.claimed: SimpleQueue[Message[None]] = SimpleQueue()
        self._lanes: dict[str, Lane] = defaultdict(Lane)

    def declare_queue(self, queue_name: str) -> None:
        """Declare a lane, without the queue for delayed messages beside it."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """Return what brings the messages of a lane, or what was claimed in this process."""
        if queue_name == CLAIMED:
            return ClaimedConsumer(self.claimed, timeout / 1000)
        lane = self._lanes[queue_name]
        if queue_name.endswith(doorbells.CALLS):
            return CallConsumer(self, queue_name, lane)
        return DoorbellConsumer(self, queue_name, lane)

    def wake(self, lane: str) -> None:
        """Somebody rang for a lane."""
        if lane in self._lanes:
            self._lanes[lane].has_more = True
            self._lanes[lane].bell.set()

    def wake_all(self) -> None:
        """Look into every lane."""
        for lane in list(self._lanes):
            self.wake(lane)

    def wake_the_outranked(self) -> None:
        """There may be room for what waited because something more urgent did."""
        for lane in list(self._lanes.values()):
            lane.bell.set()

    def with_more(self) -> list[str]:
        """Return the lanes of which more may wait in Redis than was fetched."""
        return [name for name, lane in list(self._lanes.items()) if lane.has_more]

    def remove(self, lane: str, ids: Iterable[str]) -> None:
        """Remove messages that are done with."""
        if ids := list(ids):
            pipeline = self.client.pipeline(transaction=False)
            pipeline.srem(self._fetched_key(lane), *ids)
            pipeline.hdel(doorbells.key(f"{lane}.msgs"), *ids)
            pipeline.execute()

    def take(self, lane: str, id_: str) -> bool:
        """Remove a message; return whether it was there. Of several that fetched it one gets it."""
        pipeline = self.client.pipeline(transaction=False)
        pipeline.hdel(doorbells.key(f"{lane}.msgs"), id_)
        pipeline.srem(self._fetched_key(lane), id_)
        was_there, _ = pipeline.execute()
        return bool(was_there)

    def set_aside(self, lane: str, text: bytes | None, reason: str) -> None:
        """Put away a message that cannot be a doorbell: a bounded copy, with the reason."""
        copy = "" if text is None else text[:SHOWN_BYTES].decode("utf-8", "backslashreplace")
        note = {"at": timezone.now().isoformat(), "lane": lane, "reason": reason, "begins": copy}
        pipeline = self.client.pipeline(transaction=False)
        pipeline.lpush(doorbells.key(ASIDE), json.dumps(note))
        pipeline.ltrim(doorbells.key(ASIDE), 0, MOST_ASIDE - 1)
        pipeline.execute()
        logger.warning("A message in %s was set aside: %s: %.80r", lane, reason, copy)

    def remove_text(self, lane: str, text: bytes | None) -> None:
        """Remove what was fetched with this text: an unreadable message does not say its id."""
        ids = list(self.client.smembers(self._fetched_key(lane)))
        texts = self.client.hmget(doorbells.key(f"{lane}.msgs"), ids) if ids else []
        self.remove(lane, [id_ for id_, found in zip(ids, texts, strict=True) if found == text])

    def _fetched_key(self, lane: str) -> str:
        return doorbells.key(f"__acks__.{self.broker_id}.{lane}")
