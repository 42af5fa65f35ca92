"""Doorbells that wait for the claim of their run: all that come meanwhile are one statement."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from tasks.ledger import Claimed

LOOK_SECONDS = 0.5


class Knock:
    """One doorbell, whose thread waits for an answer."""

    __slots__ = ("_answered", "claimed", "lane", "run_id")

    def __init__(self, lane: str, run_id: uuid.UUID) -> None:
        self.lane = lane
        self.run_id = run_id
        self.claimed: Claimed | None = None
        # Half the cost of an event, and there is one for each run.
        self._answered = threading.Lock()
        self._answered.acquire()

    def answer(self, claimed: Claimed | None) -> None:
        """Let the thread go on, with the claim or without."""
        self.claimed = claimed
        self._answered.release()

    def wait(self, seconds: float) -> bool:
        """Wait for the answer at most so long; return whether it came."""
        return self._answered.acquire(timeout=seconds)


class Knocks:
    """Where the threads that answer doorbells meet the one that claims."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._waiting: SimpleQueue[Knock] = SimpleQueue()
        self._wake = wake
        self._closed = False

    def ask(self, lane: str, run_id: uuid.UUID) -> Claimed | None:
        """Return the claim of a run once it is made; `None` when it cannot be."""
        knock = Knock(lane, run_id)
        if self._closed:
            return None
        self._waiting.put(knock)
        self._wake()
        while not knock.wait(LOOK_SECONDS):
            if self._closed:
                return None
        return knock.claimed

    def take(self) -> list[Knock]:
        """Return those that wait. Each is to be answered."""
        knocks: list[Knock] = []
        with suppress(Empty):
            while True:
                knocks.append(self._waiting.get_nowait())
        return knocks

    def close(self) -> None:
        """Turn away those that wait, and all that come from now on."""
        self._closed = True
        for knock in self.take():
            knock.answer(None)
