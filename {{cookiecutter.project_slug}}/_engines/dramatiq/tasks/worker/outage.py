"""Says that Redis is away, and that it is back, once: many threads notice it."""

from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger("tasks.worker")

REMIND_SECONDS = 30.0


class Outage:
    """What the threads of this process know of Redis."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._said_at = 0.0

    def note(self, error: Exception) -> None:
        """Redis did not answer."""
        now = time.monotonic()
        with self._lock:
            if self._since is not None and now - self._said_at < REMIND_SECONDS:
                return
            self._since, self._said_at = self._since or now, now
        logger.error("Redis is away, trying again; the table is asked meanwhile: %s", error)

    def end(self) -> None:
        """Redis answered."""
        if self._since is None:
            return
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            logger.info("Redis is back after %.0f s", time.monotonic() - since)
