"""How much a worker should claim: what it can begin now, and a little more."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from tasks import registry
from tasks.ledger import Claimed
from tasks.worker.pool import LoopPool, ThreadPool

AHEAD_SECONDS = 0.05
MOST_AHEAD = 100
MOST_UNSETTLED = 1000
"""With so many outcomes to be written the database is slow: more claims would not help it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One claim to be made."""

    limit: int
    is_async: bool = False
    suspects: bool = False


class Demand:
    """Counts what is held, and says what to ask for next.

    Threads get what they can begin now and what they would eat in the next 50 ms by the moving
    average of a body's time, at most 100 runs: with short tasks claims are large and rare, with
    long ones nothing waits here that another worker could do.
    """

    def __init__(self, threads: ThreadPool, loop: LoopPool, *, solo: bool = False) -> None:
        self._threads = threads
        self._loop = loop
        self._solo = solo
        self._asynchronous = frozenset(registry.asynchronous())
        self._in_threads = 0
        self._on_loop = 0
        self._gated = 0
        self._held: set[uuid.UUID] = set()
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()

    @property
    def held(self) -> int:
        """The number of claims that are not settled yet."""
        return self._in_threads + self._on_loop

    def held_ids(self) -> set[uuid.UUID]:
        """Return the ids of the runs whose claims are not settled yet."""
        with self._lock:
            return set(self._held)

    def requests(self) -> list[Request]:
        """Return what to claim now: nothing where there is no room."""
        if self._solo:
            lanes = (False, True)
            return [] if self.held else [Request(1, is_async=lane, suspects=True) for lane in lanes]
        requests = [Request(self._room_in_threads())]
        if self._asynchronous:
            requests.append(Request(max(0, self._loop.size - self._on_loop), is_async=True))
        return [request for request in requests if request.limit]

    def room_behind_gates(self) -> dict[bool, int]:
        """Return how many limited plain functions (`False`) and coroutines (`True`) to ask for.

        A limit is no use to a run that only waits here: while all threads are busy with long
        tasks, none are asked for.
        """
        if self._solo:
            room = 0 if self.held else 1
            return {False: room, True: 0 if self.held or not self._asynchronous else 1}
        size = self._threads.size
        is_quick = self._threads.average_seconds < AHEAD_SECONDS
        begins_soon = is_quick or self._in_threads < size
        in_threads = max(0, size - self._gated) if begins_soon else 0
        on_loop = self._loop.size - self._on_loop if self._asynchronous else 0
        return {False: in_threads, True: max(0, on_loop)}

    def hold(self, claims: Sequence[Claimed]) -> None:
        """Count claims as held."""
        if not claims:
            return
        on_loop = [claimed for claimed in claims if claimed.name in self._asynchronous]
        with self._lock:
            self._on_loop += len(on_loop)
            self._in_threads += len(claims) - len(on_loop)
            self._gated += sum(claimed.gated for claimed in claims)
            self._held.update(claimed.id for claimed in claims)
            self._idle.clear()

    def begin(self, claims: Sequence[Claimed]) -> None:
        """Count claims as held, and give each to where it runs."""
        self.hold(claims)
        for claimed in claims:
            if claimed.name in self._asynchronous:
                self._loop.put(claimed)
            else:
                self._threads.put(claimed)

    def release(self, claims: Sequence[Claimed]) -> None:
        """Count claims as settled."""
        on_loop = sum(claimed.name in self._asynchronous for claimed in claims)
        with self._lock:
            self._on_loop -= on_loop
            self._in_threads -= len(claims) - on_loop
            self._gated -= sum(claimed.gated for claimed in claims)
            self._held.difference_update(claimed.id for claimed in claims)
            if not self.held:
                self._idle.set()

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until nothing is held; return whether that came true within `timeout` seconds."""
        return self._idle.wait(timeout)

    def _room_in_threads(self) -> int:
        size = self._threads.size
        average = max(self._threads.average_seconds, 1e-5)
        most = size + min(MOST_AHEAD, int(size * AHEAD_SECONDS / average))
        # What has been executed and is only being written keeps no thread busy.
        waiting = self._threads.unstarted()
        taken = waiting + min(size, max(0, self._in_threads - waiting))
        if (taken >= size and taken > most // 2) or self._in_threads > MOST_UNSETTLED:
            # Still half full: a claim now would be a small one.
            return 0
        return min(max(0, most - taken), MOST_AHEAD)
