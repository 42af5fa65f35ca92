"""Doorbells on their way from Redis to a thread: their runs are claimed meanwhile, many at once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from tasks.ledger import Claimed

LOOK_SECONDS = 0.5


class Knock:
    """One doorbell."""

    __slots__ = ("_answered", "_claims", "lane", "run_id")

    def __init__(self, lane: str, run_id: uuid.UUID) -> None:
        self.lane = lane
        self.run_id = run_id
        self._claims: list[Claimed] = []
        # Half the cost of an event, and there is one for each run.
        self._answered = threading.Lock()
        self._answered.acquire()

    def answer(self, claimed: Claimed | None) -> None:
        """Let the thread that comes for it have this claim, or none."""
        if claimed is not None:
            self._claims.append(claimed)
        self._answered.release()

    def wait(self, seconds: float) -> bool:
        """Wait for the answer, at most so long; return whether it came. For one thread, once."""
        return self._answered.acquire(timeout=seconds)

    def take(self) -> Claimed | None:
        """Return the claim to whoever asks first."""
        with suppress(IndexError):
            return self._claims.pop()
        return None


class Knocks:
    """Where the threads that fetch and answer doorbells meet the one that claims."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._waiting: SimpleQueue[Knock] = SimpleQueue()
        self._claimed: set[Knock] = set()
        self._wake = wake
        self._closed = False

    def ask(self, knocks: Sequence[Knock]) -> None:
        """Let their runs be claimed."""
        for knock in knocks:
            self._waiting.put(knock)
        self._wake()

    def begin(self, knock: Knock) -> Claimed | None:
        """Return the claim once it is made; `None` when it cannot be, or was taken back."""
        while not knock.wait(LOOK_SECONDS):
            if self._closed:
                return None
        self._claimed.discard(knock)
        return knock.take()

    def waiting(self) -> list[Knock]:
        """Return those that wait to be answered, for the one thread that does."""
        knocks: list[Knock] = []
        with suppress(Empty):
            while True:
                knocks.append(self._waiting.get_nowait())
        return knocks

    def answer(self, knock: Knock, claimed: Claimed | None) -> None:
        """Hand over a claim, or say that there is none."""
        if claimed is not None:
            self._claimed.add(knock)
        knock.answer(claimed)

    def unstarted(self) -> int:
        """Return how many claims wait for a thread."""
        return len(self._claimed)

    def take_unstarted(self) -> list[Claimed]:
        """Take back the claims that no thread has begun."""
        taken = []
        for knock in list(self._claimed):
            self._claimed.discard(knock)
            if (claimed := knock.take()) is not None:
                taken.append(claimed)
        return taken

    def close(self) -> None:
        """Turn away those that wait, and all that come from now on."""
        self._closed = True
        for knock in self.waiting():
            knock.answer(None)
