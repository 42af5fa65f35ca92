"""Says that Redis is away, and that it is back, once: many parts of a worker notice it."""

from __future__ import annotations

import logging
import threading
import time

from tasks.redis_url import place

logger = logging.getLogger("tasks.worker")

REMIND_SECONDS = 30.0
STEADY_SECONDS = 3.0
"""So long nothing may fail before it is over: full, Redis still answers some and refuses others."""


class Outage:
    """What this process knows of Redis."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_said = False
        self._said_at = 0.0
        self._failed_at = 0.0

    def note(self, error: Exception) -> None:
        """Redis did not do what it was asked to."""
        with self._lock:
            self._failed_at = now = time.monotonic()
            if self._is_said and now - self._said_at < REMIND_SECONDS:
                return
            self._is_said, self._said_at = True, now
        logger.error(
            "Redis at %s is away, trying again; the table is asked meanwhile: %s", place(), error
        )

    def end(self) -> None:
        """Redis has answered. It is asked at least once a second."""
        if not self._is_said:
            return
        with self._lock:
            if not self._is_said or time.monotonic() - self._failed_at < STEADY_SECONDS:
                return
            self._is_said = False
        logger.info("Redis at %s is back", place())
