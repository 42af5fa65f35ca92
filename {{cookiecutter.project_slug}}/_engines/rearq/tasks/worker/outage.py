"""What a worker says and does while Redis is away."""

from __future__ import annotations

import asyncio
import logging
import time

from tasks.broker import place

logger = logging.getLogger("tasks.worker")

PAUSE_SECONDS = 0.5
REMIND_SECONDS = 30.0


class Outage:
    """Tried again and again; said when it begins, now and then meanwhile, and when it is over."""

    def __init__(self) -> None:
        self._said_at: float | None = None

    async def pause(self, error: Exception) -> None:
        """Wait a moment after an attempt that failed."""
        now = time.monotonic()
        if self._said_at is None or now - self._said_at > REMIND_SECONDS:
            self._said_at = now
            logger.error(
                "Redis at %s is away, trying again; runs come from the table: %s", place(), error
            )
        await asyncio.sleep(PAUSE_SECONDS)

    def is_over(self) -> None:
        """Redis has answered."""
        if self._said_at is not None:
            self._said_at = None
            logger.info("Redis at %s is back", place())
