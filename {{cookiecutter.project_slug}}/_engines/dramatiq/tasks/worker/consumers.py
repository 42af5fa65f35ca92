"""What fetches messages for Dramatiq's threads: it wakes at a bell and survives any message."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from dramatiq import Message
from dramatiq.broker import Consumer, MessageProxy
from redis import RedisError

from tasks import doorbells
from tasks.calls import Call
from tasks.worker.knocks import Knock

if TYPE_CHECKING:
    from tasks.worker.broker import LaneBroker

LOOK_SECONDS = 1.0
"""So often a lane is looked into though nobody rang."""
FULL_SECONDS = 0.02


class Lane:
    """What this process knows of one lane; its consumers come and go."""

    def __init__(self) -> None:
        self.bell = threading.Event()
        self.answered: deque[str] = deque()
        """Messages that are done with, and not yet removed from Redis."""
        self.has_more = True
        """Somebody rang, or the last fetch brought all there was room for."""


class LaneConsumer[Said](Consumer):
    """The messages of one lane, as many as the threads have room for."""

    def __init__(self, broker: LaneBroker, name: str, lane: Lane) -> None:
        self._broker = broker
        self._name = name
        self._lane = lane
        self._fetched: deque[MessageProxy] = deque()

    def understand(self, text: bytes | None) -> tuple[str, Said]:
        """Return the id of a message, and what it says to a thread. Raises `Malformed`."""
        raise NotImplementedError

    def announce(self, said: Sequence[Said]) -> None:
        """Take note of what threads will hear soon."""

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
            texts = self._broker.do_fetch(self._name, room)
            self._note(has_more=len(texts) == room)
            self._receive(texts)
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
        """Keep what can be understood; what cannot is set aside."""
        nonsense: list[tuple[bytes | None, str]] = []
        understood = []
        for text in texts:
            try:
                understood.append(self.understand(text))
            except doorbells.Malformed as error:
                nonsense.append((text, str(error)))
        self._fetched.extend(
            _proxy(self._name, message_id, argument) for message_id, argument in understood
        )
        self.announce([argument for _, argument in understood])
        for text, reason in nonsense:
            self._broker.set_aside(self._name, text, reason)
            self._broker.remove_text(self._name, text)

    def _note(self, *, has_more: bool) -> None:
        outranked, self._lane.has_more = self._lane.has_more, has_more
        if outranked and not has_more:
            self._broker.wake_the_outranked()

    def _remove_answered(self) -> None:
        ids = [self._lane.answered.popleft() for _ in range(len(self._lane.answered))]
        try:
            self._broker.remove(self._name, ids)
        except (RedisError, OSError):
            self._lane.answered.extendleft(reversed(ids))
            raise


class DoorbellConsumer(LaneConsumer[Knock]):
    """The runs of the doorbells are claimed while they wait for a thread."""

    def understand(self, text: bytes | None) -> tuple[str, Knock]:
        """Return the id of a message, and the knock that it is."""
        doorbell = doorbells.read(self._name, text)
        return doorbell.message_id, Knock(self._name, doorbell.run_id)

    def announce(self, said: Sequence[Knock]) -> None:
        """Let their runs be claimed."""
        if said:
            self._broker.knocks.ask(said)


class CallConsumer(LaneConsumer[tuple[str, Call]]):
    """Calls without a row wait for a thread, each with the id of its message."""

    def understand(self, text: bytes | None) -> tuple[str, tuple[str, Call]]:
        """Return the id of a message, and with it once more the call that it holds."""
        sent = doorbells.read_call(self._name, text)
        return sent.message_id, (sent.message_id, sent.call)


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


def _proxy(lane: str, message_id: str, argument: object) -> MessageProxy:
    """What Dramatiq's threads get: something that never leaves this process."""
    options = {"redis_message_id": message_id}
    message: Message[None] = Message(
        queue_name=lane, actor_name=lane, args=(argument,), kwargs={}, options=options
    )
    return MessageProxy(message)
