"""What a worker process claims, and when it is worth asking."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from tasks import ledger, registry
from tasks.ledger import Claimed, Pulse
from tasks.worker.demand import Demand, Request
from tasks.worker.executing import Finished
from tasks.worker.options import WorkerOptions


@dataclass(slots=True)
class Catch:
    """What a round of claims brought."""

    count: int = 0
    is_full: bool = False
    """A claim got all it had asked for: there may be more."""


class Claimer:
    """Asks the table for runs, as rarely as it can.

    Plain functions are asked for in every round. While threads eat a long backlog those come a
    hundred times a second, so coroutines, and what waits behind gates, are asked for only when
    something may have changed there.
    """

    def __init__(self, worker_id: uuid.UUID, options: WorkerOptions, demand: Demand) -> None:
        self._worker_id = worker_id
        self._options = options
        self._demand = demand
        self._seen_queues: frozenset[str] = frozenset()
        self._coroutines_may_wait = True
        self._gates_may_open = True
        self._gates_open_at: float | None = None
        self._gates_come_first = False

    def expect_more(self) -> None:
        """Somebody rang: anything may have come."""
        self._coroutines_may_wait = self._gates_may_open = True

    def learn(self, pulse: Pulse) -> None:
        """Take note of what a look at the table has shown."""
        self._seen_queues |= pulse.ready
        self._gates_may_open |= pulse.gated

    def made_room(self, batch: Sequence[Finished]) -> None:
        """Take note of claims that are settled: what was limited may have room again."""
        self._gates_may_open |= any(finished.claimed.gated for finished in batch)

    def patience(self, most: float) -> float:
        """Return how long to pause: at most so long, and no longer than until a rate opens."""
        if self._gates_open_at is None:
            return most
        return min(most, max(0.0, self._gates_open_at - time.monotonic()))

    def waits_for_rate(self) -> bool:
        """Whether runs wait only until a rate allows more."""
        return self._gates_open_at is not None

    def gates_are_due(self) -> bool:
        """Whether a claim through the gates makes sense now."""
        is_time = self._gates_open_at is not None and time.monotonic() >= self._gates_open_at
        return self._gates_may_open or is_time

    def claim(self, *, is_idle: bool) -> Catch:
        """Ask for what there is room for, and begin it."""
        catch = Catch()
        self._gates_come_first = not self._gates_come_first
        if self._gates_come_first:
            self._claim_through_gates(catch)
        for request in self._demand.requests():
            if self._makes_sense(request, is_idle=is_idle):
                self._claim_freely(request, catch)
        if not self._gates_come_first:
            self._claim_through_gates(catch)
        return catch

    def _makes_sense(self, request: Request, *, is_idle: bool) -> bool:
        if request.suspects:
            return not self._demand.held
        return is_idle or self._coroutines_may_wait or not request.is_async

    def _claim_freely(self, request: Request, catch: Catch) -> None:
        if request.is_async:
            self._coroutines_may_wait = False
        is_full = self._claim_from(self._queues(), request, catch)
        catch.is_full |= is_full
        self._coroutines_may_wait |= is_full and request.is_async

    def _claim_from(self, queues: Sequence[str], request: Request, catch: Catch) -> bool:
        """Return whether all that was asked for came: there may be more."""
        claims = ledger.claim(
            self._worker_id,
            queues,
            request.limit,
            is_async=request.is_async,
            suspects=request.suspects,
        )
        self._begin(claims, catch)
        return len(claims) == request.limit

    def _claim_through_gates(self, catch: Catch) -> None:
        room = self._demand.room_behind_gates()
        if not (self.gates_are_due() and any(room.values())):
            return
        self._gates_may_open = False
        admitted = ledger.claim_through_gates(
            self._worker_id, self._options.queues or None, room, suspects=self._options.solo
        )
        opens_in = admitted.opens_in
        self._gates_open_at = None if opens_in is None else time.monotonic() + opens_in
        self._begin(admitted.claims, catch)

    def _begin(self, claims: list[Claimed], catch: Catch) -> None:
        self._demand.begin(claims)
        catch.count += len(claims)

    def _queues(self) -> Sequence[str]:
        """Return the queues to claim from: those that were named, or all that are known."""
        if self._options.queues:
            return self._options.queues
        return sorted(registry.queues() | self._seen_queues)
