"""What keeps a broker that is away from costing anybody time."""

from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger("tasks")

BLOWN_SECONDS = 1.0


class Fuse:
    """Blows when the broker does not answer: for a second nobody tries it again."""

    def __init__(self, seconds: float = BLOWN_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._blown_until = 0.0

    @property
    def is_blown(self) -> bool:
        """Whether nobody should try right now."""
        return time.monotonic() < self._blown_until

    def blow(self, what: str, error: Exception) -> None:
        """Let nobody try for a second, and say why: once, however many have met it."""
        with self._lock:
            was_blown, self._blown_until = self.is_blown, time.monotonic() + self._seconds
        if not was_blown:
            logger.error("%s: %s", what, error)
