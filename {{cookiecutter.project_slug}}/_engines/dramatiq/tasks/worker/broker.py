"""Dramatiq's Redis broker, with consumers that wake at a bell and survive any message."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from typing import Any

from django.utils import timezone
from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.redis import RedisBroker
from redis import Redis, RedisError

from tasks import doorbells
from tasks.worker.knocks import Knock, Knocks
from tasks.worker.outage import Outage

logger = logging.getLogger("tasks.worker")

HEARTBEAT_MILLISECONDS = 30_000
"""A broker that was silent for so long has lost what it fetched: others are rung for it. What is
rung for twice starts once, so that this may be short."""
ALWAYS = 1_000_000
LOOK_SECONDS = 1.0
"""So often a lane is looked into though nobody rang."""
FULL_SECONDS = 0.02
CLAIMED = "claimed"
"""The queue within this process of what was claimed for its threads."""
ASIDE = "__aside__"
MOST_ASIDE = 100
SHOWN_BYTES = 500


class Lane:
    """What this process knows of one lane; its consumers come and go."""

    def __init__(self) -> None:
        self.bell = threading.Event()
        self.answered: deque[str] = deque()
        """Messages that are done with, and not yet removed from Redis."""


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
        return LaneConsumer(self, queue_name, self._lanes[queue_name])

    def wake(self, lane: str) -> None:
        """Somebody rang for a lane."""
        if lane in self._lanes:
            self._lanes[lane].bell.set()

    def wake_all(self) -> None:
        """Look into every lane."""
        for lane in list(self._lanes.values()):
            lane.bell.set()

    def remove(self, lane: str, ids: Iterable[str]) -> None:
        """Remove messages that are done with."""
        if ids := list(ids):
            pipeline = self.client.pipeline(transaction=False)
            pipeline.srem(self._fetched_key(lane), *ids)
            pipeline.hdel(doorbells.key(f"{lane}.msgs"), *ids)
            pipeline.execute()

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


class LaneConsumer(Consumer):
    """The doorbells of one lane, as many as the threads have room for."""

    def __init__(self, broker: LaneBroker, name: str, lane: Lane) -> None:
        self._broker = broker
        self._name = name
        self._lane = lane
        self._fetched: deque[MessageProxy] = deque()

    def __next__(self) -> MessageProxy | None:
        if self._fetched:
            return self._fetched.popleft()
        self._lane.bell.clear()
        try:
            self._remove_answered()
            room = self._broker.room(self._name)
            if room <= 0:
                self._lane.bell.wait(FULL_SECONDS)
                return None
            self._receive(self._broker.do_fetch(self._name, room))
            self._broker.outage.end()
        except (RedisError, OSError) as error:
            self._broker.outage.note(error)
            self._lane.bell.wait(LOOK_SECONDS)
        if self._fetched:
            return self._fetched.popleft()
        self._lane.bell.wait(LOOK_SECONDS)
        return None

    def ack(self, message: MessageProxy) -> None:
        """Note that a message is done with; it leaves Redis with others."""
        self._lane.answered.append(message.options["redis_message_id"])
        self._lane.bell.set()

    nack = ack

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Leave doorbells to others."""
        ids = [message.options["redis_message_id"] for message in messages]
        if ids:
            self._broker.do_requeue(self._name, *ids)

    def close(self) -> None:
        """Remove what is done with, and give back what was not begun."""
        try:
            self._remove_answered()
            self.requeue(self._fetched)
        except (RedisError, OSError) as error:
            self._broker.outage.note(error)
        self._fetched.clear()

    def _receive(self, texts: Iterable[bytes | None]) -> None:
        """Let the runs be claimed while their doorbells wait for a thread."""
        knocks: list[Knock] = []
        nonsense: list[tuple[bytes | None, str]] = []
        for text in texts:
            try:
                doorbell = doorbells.read(self._name, text)
            except doorbells.Malformed as error:
                nonsense.append((text, str(error)))
            else:
                knocks.append(Knock(self._name, doorbell.run_id))
                self._fetched.append(_proxy(self._name, doorbell.message_id, knocks[-1]))
        if knocks:
            self._broker.knocks.ask(knocks)
        for text, reason in nonsense:
            self._broker.set_aside(self._name, text, reason)
            self._broker.remove_text(self._name, text)

    def _remove_answered(self) -> None:
        ids = [self._lane.answered.popleft() for _ in range(len(self._lane.answered))]
        try:
            self._broker.remove(self._name, ids)
        except (RedisError, OSError):
            self._lane.answered.extendleft(reversed(ids))
            raise


def _proxy(lane: str, message_id: str, knock: Knock) -> MessageProxy:
    """What Dramatiq's threads get: the knock itself, which never leaves this process."""
    options = {"redis_message_id": message_id}
    message: Message[None] = Message(
        queue_name=lane, actor_name=lane, args=(knock,), kwargs={}, options=options
    )
    return MessageProxy(message)


class ClaimedConsumer(Consumer):
    """What was claimed in this process, for its own threads. It was never in Redis."""

    def __init__(self, claimed: SimpleQueue[Message[None]], timeout: float) -> None:
        self._claimed = claimed
        self._timeout = timeout

    def __next__(self) -> MessageProxy | None:
        try:
            return MessageProxy(self._claimed.get(timeout=self._timeout))
        except Empty:
            return None

    def ack(self, message: MessageProxy) -> None:
        """Nothing is to be done: the row says what became of it."""

    nack = ack

    def requeue(self, messages: Any) -> None:
        """Nothing is to be done: what was not begun is handed back by its row."""
