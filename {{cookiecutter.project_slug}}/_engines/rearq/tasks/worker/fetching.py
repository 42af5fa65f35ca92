"""Fetches messages from Redis: new ones, and those that a lost worker had read."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from tasks import streams
from tasks.worker import scripts
from tasks.worker.messages import Found

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger("tasks.worker")

BLOCK_MILLISECONDS = 1000
RECLAIM_EVERY_SECONDS = 10.0
SILENT_SECONDS = 30.0
"""Who read a message so long ago, and is not done with it, may be lost."""


@dataclass(slots=True, eq=False)
class Lane:
    """What is read for one kind of function, apart from the other."""

    is_async: bool
    has_room: asyncio.Event
    is_drained: bool = False
    """Whether everything was read: what is READY now was never rung, or the ring was lost."""
    reclaims_at: float = 0.0
    """When to look again for what lost workers had read."""


class Fetcher:
    """Reads as one consumer of the group that all workers are."""

    def __init__(
        self,
        redis: Redis,
        consumer: str,
        *,
        queues: Callable[[], set[str]],
        paused: Callable[[], Collection[str]],
    ) -> None:
        self._redis = redis
        self._consumer = consumer
        self._queues = queues
        self._paused = paused
        self._read_script = redis.register_script(scripts.READ)
        self._reclaim_script = redis.register_script(scripts.RECLAIM)

    async def fetch(self, lane: Lane, room: int) -> Found:
        """Return at most so many messages, the most urgent first; wait a while for the first."""
        return (
            await self._reclaim(lane, room)
            or await self._read(lane, room)
            or await self._wait(lane)
        )

    async def _reclaim(self, lane: Lane, room: int) -> Found:
        """Return what was read long ago and is not done with. Now and then there is some.

        Whoever read it may be lost, or may be busy with its run to this moment. The table knows:
        the run is READY and claimed here, or it is not to be had and the message is deleted, which
        its worker would have done a little later.
        """
        if time.monotonic() < lane.reclaims_at:
            return []
        found = await self._reclaim_script(
            keys=self._streams(lane),
            args=[streams.GROUP, self._consumer, room, round(SILENT_SECONDS * 1000)],
        )
        if not found:
            lane.reclaims_at = time.monotonic() + RECLAIM_EVERY_SECONDS
        return _paired(found)

    async def _read(self, lane: Lane, room: int) -> Found:
        """Return what is there."""
        found, strange = await self._read_script(
            keys=self._streams(lane),
            args=[streams.GROUP, self._consumer, room, streams.aside_key()],
        )
        for key in strange:
            logger.error("%s in Redis was no stream, and is renamed", key.decode(errors="replace"))
        lane.is_drained = sum(len(messages) for _, messages in found) < room
        return _paired(found)

    async def _wait(self, lane: Lane) -> Found:
        """Return the first that comes."""
        names = self._streams(lane)
        if not names:
            await asyncio.sleep(BLOCK_MILLISECONDS / 1000)
            return []
        try:
            found: Any = await self._redis.xreadgroup(
                streams.GROUP,
                self._consumer,
                dict.fromkeys(names, ">"),
                count=1,
                block=BLOCK_MILLISECONDS,
            )
        except RedisError as error:
            if "NOGROUP" in str(error):
                return []  # Redis was emptied. The next read begins anew.
            raise
        return list(found or [])

    def _streams(self, lane: Lane) -> list[str]:
        queues = self._queues().difference(self._paused())
        return [
            *streams.streams(queues, is_async=lane.is_async),
            *streams.calls_streams(queues, is_async=lane.is_async),
        ]


def _paired(found: Sequence[tuple[bytes, Sequence[tuple[bytes, Sequence[bytes]]]]]) -> Found:
    """What a script returns, as a command does."""
    return [
        (stream, [(id_, dict(zip(flat[::2], flat[1::2], strict=True))) for id_, flat in messages])
        for stream, messages in found
    ]
