"""Reads what rings. ReArq's worker, with what it does to messages replaced: see docs/engine.md."""

from __future__ import annotations

import asyncio
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError

from tasks import streams
from tasks.broker import worker_client
from tasks.worker.fetching import Fetcher, Lane
from tasks.worker.messages import Found, Message, Reading, Stray, sort
from tasks.worker.outage import Outage
from tasks.worker.stock import ReArq, Worker
from tasks.worker.tidying import AGAIN_SECONDS, Tidier

logger = logging.getLogger("tasks.worker")

ANSWER_SECONDS = 5.0
"""Longer than a read blocks: who has not answered by then never will."""
MOST_AT_ONCE = 1000


class Broker(ReArq):  # type: ignore[misc]
    """ReArq's application object, with our connection and no tasks of its own."""

    def _init(self) -> None:
        self._redis = worker_client(timeout=ANSWER_SECONDS)


class Reader(Worker):  # type: ignore[misc]
    """A thread whose event loop reads no more messages than there is room for.

    A message is acknowledged, and deleted, when its run's outcome is written. Whatever happens to
    messages, no run depends on one: the table says what is to be done.
    """

    def __init__(
        self,
        worker_id: uuid.UUID,
        *,
        kinds: Iterable[bool],
        queues: Callable[[], set[str]],
        paused: Callable[[], Collection[str]],
        room: Callable[[bool], int],
        wake: Callable[[], None],
    ) -> None:
        self._own_loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._own_loop)
        super().__init__(Broker(), group_name=streams.GROUP, consumer_name=worker_id.hex)
        self._lanes = {kind: Lane(kind, asyncio.Event()) for kind in kinds}
        self._room = room
        self._wake = wake
        self._fetcher = Fetcher(self._redis, self.consumer_name, queues=queues, paused=paused)
        self._inbox: deque[Reading] = deque()
        self._outage = Outage()
        self._tidier = Tidier(self._redis, self.consumer_name, queues=queues, outage=self._outage)
        self._parts: list[asyncio.Task[None]] = []
        self._thread = threading.Thread(target=self._work, name="reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def is_reading(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def drained(self) -> set[bool]:
        """Return the kinds of function for which everything was read that rang."""
        return {lane.is_async for lane in self._lanes.values() if lane.is_drained}

    def take(self) -> list[Reading]:
        """Return what was read. More comes when it is answered."""
        taken = []
        with suppress(IndexError):
            while True:
                taken.append(self._inbox.popleft())
        return taken

    def answer(self, readings: Sequence[Reading]) -> None:
        """The runs of these are claimed, or not to be had: read on."""
        self._call(self._set, [reading.answered for reading in readings])

    def made_room(self) -> None:
        """There may be room for more."""
        self._call(self._set, [lane.has_room for lane in self._lanes.values()])

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Delete messages that are done with."""
        if messages:
            self._call(self._tidier.acknowledge, messages)

    def set_aside(self, strays: Sequence[Stray]) -> None:
        """Put away what is no message of ours, for people to look at."""
        if strays:
            self._call(self._tidier.set_aside, strays)

    def stop(self) -> None:
        """Read no more."""
        self._terminated = True

    def close(self, timeout: float) -> None:
        """Delete what is done with, give back what was read in vain, and end."""
        signing_off = asyncio.run_coroutine_threadsafe(self._tidier.sign_off(), self._own_loop)
        try:
            signing_off.result(timeout)
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("Others will find by themselves what this worker had read: %s", error)
        self._call(self._cancel)
        self._thread.join(timeout)

    async def run(self) -> None:
        """Read, acknowledge and forget who is gone until cancelled."""
        parts: list[Coroutine[Any, Any, None]] = [
            *(self._serve(lane) for lane in self._lanes.values()),
            self._tidier.tidy(),
            self._tidier.look_for_the_gone(),
            self._tidier.say_if_messages_may_vanish(),
        ]
        async with asyncio.TaskGroup() as group:
            self._parts = [group.create_task(part) for part in parts]

    def _work(self) -> None:
        asyncio.set_event_loop(self._own_loop)
        try:
            self._own_loop.run_until_complete(self.run())
        except asyncio.CancelledError:
            return
        except Exception:
            logger.exception("The reader has ended")
            raise

    def _call[*Ts](self, what: Callable[[*Ts], object], *arguments: *Ts) -> None:
        self._own_loop.call_soon_threadsafe(what, *arguments)

    def _set(self, events: Iterable[asyncio.Event]) -> None:
        for event in events:
            event.set()

    def _cancel(self) -> None:
        for part in self._parts:
            part.cancel()

    async def _serve(self, lane: Lane) -> None:
        while not self._terminated:
            lane.has_room.clear()
            room = min(self._room(lane.is_async), MOST_AT_ONCE)
            if room <= 0:
                await lane.has_room.wait()
                continue
            try:
                found = await self._fetcher.fetch(lane, room)
                self._outage.end()
                reading = await self._reading_of(found)
            except (RedisError, OSError) as error:
                lane.is_drained = True
                self._outage.note(error)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                await self._hand_over(reading)

    async def _reading_of(self, found: Found) -> Reading:
        """Return what was read, with the calls that are this worker's to make.

        What comes too late goes back at the end.
        """
        messages, calls, strays = sort(found)
        self._tidier.set_aside(strays)
        if self._terminated:
            return Reading([], [])
        return Reading(messages, await self._tidier.take(calls))

    async def _hand_over(self, reading: Reading) -> None:
        """Have the runs of these messages claimed, and the calls made."""
        if reading.messages or reading.calls:
            self._inbox.append(reading)
            self._wake()
            await reading.answered.wait()
