"""What becomes of messages that are done with, and of consumers that are no more."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from tasks import streams
from tasks.calls import Call
from tasks.worker import scripts
from tasks.worker.messages import CallMessage, Message, Stray
from tasks.worker.outage import Outage

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger("tasks.worker")

AGAIN_SECONDS = 0.5
"""After Redis did not answer."""
FORGET_EVERY_SECONDS = 600.0
GONE_SECONDS = 3600.0
"""A consumer that has read nothing for so long is forgotten, until it reads again."""
MOST_AT_ONCE = 1000
MOST_ASIDE = 1000


class Tidier:
    """Acknowledges what is done with, and forgets consumers that are gone."""

    def __init__(
        self,
        redis: Redis,
        consumer: str,
        *,
        queues: Callable[[], Iterable[str]],
        outage: Outage,
    ) -> None:
        self._redis = redis
        self._consumer = consumer
        self._queues = queues
        self._outage = outage
        self._done: deque[Message] = deque()
        self._strays: deque[Stray] = deque()
        self._has_work = asyncio.Event()

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Delete messages that are done with."""
        self._done.extend(messages)
        self._has_work.set()

    def set_aside(self, strays: Iterable[Stray]) -> None:
        """Put away what is no message of ours, for people to look at."""
        self._strays.extend(strays)
        self._has_work.set()

    async def take(self, messages: Sequence[CallMessage]) -> list[Call]:
        """Delete messages; return the calls of those that were there.

        Of several who have read one, one makes its call.
        """
        if not messages:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for message in messages:
            pipeline.xdel(message.stream, message.id)
            pipeline.xack(message.stream, streams.GROUP, message.id)
        were_there = (await pipeline.execute())[::2]
        return [one.call for one, there in zip(messages, were_there, strict=True) if there]

    async def tidy(self) -> None:
        """Do both, for ever."""
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            try:
                await self._work()
            except (RedisError, OSError) as error:
                self._has_work.set()
                self._outage.note(error)
                await asyncio.sleep(AGAIN_SECONDS)

    async def look_for_the_gone(self) -> None:
        """Forget them now and then, for ever."""
        while True:
            try:
                await self.forget_the_gone()
            except (RedisError, OSError) as error:
                self._outage.note(error)
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                await asyncio.sleep(FORGET_EVERY_SECONDS)

    async def forget_the_gone(self) -> None:
        """Forget consumers that nobody has heard of for long."""
        for consumer, names in (await self._gone()).items():
            await self._forget(consumer, names)

    async def say_if_messages_may_vanish(self) -> None:
        """Warn once if Redis throws keys away when its memory is full."""
        while True:
            try:
                memory = await self._redis.info("memory")
            except (RedisError, OSError) as error:
                self._outage.note(error)
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            if (policy := memory.get("maxmemory_policy", "noeviction")) != "noeviction":
                logger.warning(
                    "Redis may throw messages away: its maxmemory-policy is %s, "
                    "and should be noeviction",
                    policy,
                )
            return

    async def sign_off(self) -> None:
        """Finish, and give back what was read in vain."""
        await self._work()
        await self._forget(self._consumer, self._streams())

    async def _work(self) -> None:
        while self._done:
            await self._acknowledge_some()
        while self._strays:
            await self._set_one_aside()

    async def _acknowledge_some(self) -> None:
        some = [self._done.popleft() for _ in range(min(len(self._done), MOST_AT_ONCE))]
        by_stream = defaultdict(list)
        for message in some:
            by_stream[message.stream].append(message.id)
        pipeline = self._redis.pipeline(transaction=False)
        for stream, ids in by_stream.items():
            # In this order: what is no longer pending, and still there, is never delivered again.
            pipeline.xdel(stream, *ids)
            pipeline.xack(stream, streams.GROUP, *ids)
        try:
            await pipeline.execute()
        except BaseException:
            self._done.extendleft(some)
            raise

    async def _set_one_aside(self) -> None:
        stray = self._strays[0]
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xadd(
            streams.aside_key(),
            {
                "reason": stray.reason,
                "stream": stray.stream,
                "id": stray.id,
                "copy": stray.copy,
            },
            maxlen=MOST_ASIDE,
        )
        pipeline.xdel(stray.stream, stray.id)
        pipeline.xack(stray.stream, streams.GROUP, stray.id)
        await pipeline.execute()
        self._strays.popleft()
        logger.error(
            "Message %s of %s is set aside in %s: %s",
            *(stray.id.decode(), stray.stream.decode(), streams.aside_key(), stray.reason),
        )

    async def _gone(self) -> dict[str, list[str]]:
        """Return consumers that are gone, and the streams that know them."""
        names = self._streams()
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.xinfo_consumers(name, streams.GROUP)
        replies = await pipeline.execute(raise_on_error=False)
        gone = defaultdict(list)
        for name, reply in zip(names, replies, strict=True):
            # A stream that nobody has read yet has no group: the reply is an error.
            for consumer in reply if isinstance(reply, list) else ():
                if consumer["idle"] > GONE_SECONDS * 1000:
                    gone[consumer["name"].decode()].append(name)
        return gone

    async def _forget(self, consumer: str, names: Sequence[str]) -> None:
        """Forget a consumer; what it had read and was not done with rings again."""
        await self._redis.eval(scripts.FORGET, len(names), *names, streams.GROUP, consumer)

    def _streams(self) -> list[str]:
        queues = list(self._queues())
        return [
            name
            for kind in (False, True)
            for names in (streams.streams, streams.calls_streams)
            for name in names(queues, is_async=kind)
        ]
