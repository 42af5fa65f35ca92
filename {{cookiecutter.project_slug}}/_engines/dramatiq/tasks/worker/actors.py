"""Dramatiq's worker in this process: its threads answer doorbells, an actor for each lane."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty
from typing import TYPE_CHECKING, NamedTuple

from dramatiq import Actor, Message, Worker
from dramatiq.common import iter_queue
from redis import RedisError

from tasks import doorbells
from tasks.calls import Call
from tasks.ledger import Claimed
from tasks.redis_client import patient_client
from tasks.worker.broker import CLAIMED, LaneBroker
from tasks.worker.demand import AHEAD_SECONDS, MOST_AHEAD
from tasks.worker.executing import Executing, Finished
from tasks.worker.knocks import Knock, Knocks
from tasks.worker.listening import Listener
from tasks.worker.pool import ThreadPool
from tasks.worker.slots import Slots

if TYPE_CHECKING:
    from dramatiq.broker import MessageProxy

TIMEOUT_MILLISECONDS = 100
"""How soon Dramatiq's threads notice that they are to stop."""
MOST_URGENT = -1
LEAVE_SECONDS = 0.5


class Place(NamedTuple):
    """Where a lane belongs."""

    queue: str
    urgency: int
    """The lower the sooner: see `doorbells.BANDS`."""


class ActorPool(ThreadPool):
    """The threads are Dramatiq's. They answer doorbells, and run what was claimed without one."""

    def __init__(
        self,
        size: int,
        executing: Executing,
        slots: Slots,
        done: Callable[[Finished], None],
        *,
        queues: Collection[str],
        worker_id: uuid.UUID,
        knocks: Knocks,
        look: Callable[[], None],
        call: Callable[[Call, Callable[[], bool]], None],
        room_for_calls: Callable[[], int],
    ) -> None:
        super().__init__(size, executing, slots, done)
        self._queues = queues
        self._places: dict[str, Place] = {}
        self.turned_away: list[uuid.UUID] = []
        self._knocks = knocks
        self._look = look
        self._call = call
        self._room_for_calls = room_for_calls
        self._answering = 0
        self._is_leaving = False
        self._lock = threading.Lock()
        self._paused: frozenset[str] = frozenset()
        client = patient_client()
        self.broker = LaneBroker(client, worker_id, room=self.room, knocks=knocks)
        self._worker = Worker(self.broker, worker_timeout=TIMEOUT_MILLISECONDS, worker_threads=size)
        self._listener = Listener(
            client, self.broker.outage, on_bell=self._hear, on_connected=self.broker.wake_all
        )

    def start(self) -> None:
        """Declare an actor for each lane, and let Dramatiq work."""
        # It tells of every consumer that pauses, and of its start and end.
        logging.getLogger("dramatiq").setLevel(logging.ERROR)
        self._declare(CLAIMED, MOST_URGENT, self._run_claimed)
        for queue in sorted(self._queues):
            for lane, urgency in doorbells.lanes_of(queue).items():
                self._places[lane] = Place(queue, urgency)
                self._declare(lane, urgency, self._answer)
            lane, urgency = doorbells.calls_lane_of(queue), doorbells.BANDS["normal"]
            self._places[lane] = Place(queue, urgency)
            self._declare(lane, urgency, partial(self._make_call, lane))
        self._worker.start()
        self._threads = [*self._worker.workers, *self._worker.consumers.values()]
        self._listener.start()

    def are_alive(self) -> bool:
        """Whether every thread lives, the one that listens among them."""
        return super().are_alive() and self._listener.is_listening()

    def put(self, claimed: Claimed) -> None:
        """Queue a claim for the next thread, before all doorbells."""
        super().put(claimed)
        self.broker.claimed.put(
            Message(queue_name=CLAIMED, actor_name=CLAIMED, args=(), kwargs={}, options={})
        )

    def unstarted(self) -> int:
        """Return how many claims wait for a thread."""
        return super().unstarted() + self._knocks.unstarted()

    def take_unstarted(self) -> list[Claimed]:
        """Take back the claims that no thread has begun."""
        return super().take_unstarted() + self._knocks.take_unstarted()

    def room(self, lane: str) -> int:
        """Return how many doorbells to fetch: what begins soon, and no more.

        What only waits here could be answered by others. For urgent ones there is room even behind
        others, which they overtake; and none for others while more of what is more urgent waits.
        """
        if self._is_outranked(lane):
            return 0
        waiting = self._worker.work_queue.qsize()
        ahead = int(self.size * AHEAD_SECONDS / max(self.average_seconds, 1e-5))
        extra = self.size if lane.endswith(".high") else 0
        room = self.size - self._answering - waiting + min(MOST_AHEAD, ahead) + extra
        if lane.endswith(doorbells.CALLS):
            room = min(room, self._room_for_calls())
        return min(room, MOST_AHEAD)

    def pause(self, queues: frozenset[str]) -> None:
        """Fetch no doorbells of these queues, and those of all others."""
        for queue in queues ^ self._paused:
            for lane in (*doorbells.lanes_of(queue), doorbells.calls_lane_of(queue)):
                if consumer := self._worker.consumers.get(lane):
                    if queue in queues:
                        consumer.pause()
                    else:
                        consumer.resume()
                self.broker.wake(lane)
        self._paused = queues

    def stop_fetching(self) -> None:
        """Leave all doorbells that were not answered yet to other workers."""
        self._is_leaving = True
        self._listener.stop()
        consumers = self._worker.consumers
        for consumer in consumers.values():
            consumer.stop()
        self.broker.wake_all()
        for consumer in consumers.values():
            consumer.join(LEAVE_SECONDS)
        unanswered: dict[str, list[MessageProxy]] = defaultdict(list)
        for item in iter_queue(self._worker.work_queue):  # type: ignore[no-untyped-call]
            unanswered[item.message.queue_name].append(item.message)
        try:
            for lane, messages in unanswered.items():
                consumers[lane].requeue_messages(messages)
        except (RedisError, OSError) as error:
            self.broker.outage.note(error)
        self.sweep()

    def sweep(self) -> None:
        """Remove from Redis what is done with."""
        for consumer in self._worker.consumers.values():
            consumer.close()

    def report_unknown(self, lane: str, run_id: uuid.UUID) -> None:
        """Set aside a doorbell for a run that the table does not know."""
        try:
            self.broker.set_aside(lane, run_id.hex.encode(), "there is no such run")
        except (RedisError, OSError) as error:
            self.broker.outage.note(error)

    def _is_outranked(self, lane: str) -> bool:
        # Only by what has room when this has: nothing of a queue that is paused is fetched, and no
        # calls while the event loop is full.
        return any(
            self._places[other].urgency < self._places[lane].urgency
            for other in self.broker.with_more()
            if self._places[other].queue not in self._paused and not other.endswith(doorbells.CALLS)
        )

    def _declare(self, name: str, urgency: int, body: Callable[..., None]) -> None:
        Actor(
            body,
            broker=self.broker,
            actor_name=name,
            queue_name=name,
            priority=urgency,
            options={},
        )

    def _answer(self, knock: Knock) -> None:
        """Run what the doorbell was for, if that could be claimed."""
        with self._busy():
            claimed = self._knocks.begin(knock)
            if claimed is not None:
                self.execute(claimed)
            elif self._is_leaving:
                self.turned_away.append(knock.run_id)

    def _make_call(self, lane: str, sent: tuple[str, Call]) -> None:
        """Make a call that has no row, unless another worker has made it."""
        message_id, call = sent
        with self._busy():
            self._call(call, partial(self._take, lane, message_id))

    def _take(self, lane: str, message_id: str) -> bool:
        try:
            return self.broker.take(lane, message_id)
        except (RedisError, OSError) as error:
            # Whether it is gone now nobody knows: better not at all than twice.
            self.broker.outage.note(error)
            return False

    def _run_claimed(self) -> None:
        """Run what was claimed for these threads, unless it was taken back meanwhile."""
        with self._busy(), suppress(Empty):
            self.execute(self._inbox.get_nowait())

    @contextmanager
    def _busy(self) -> Iterator[None]:
        with self._lock:
            self._answering += 1
        try:
            yield
        finally:
            with self._lock:
                self._answering -= 1

    def _hear(self, lane: str) -> None:
        if lane:
            self.broker.wake(lane)
        else:
            self._look()
