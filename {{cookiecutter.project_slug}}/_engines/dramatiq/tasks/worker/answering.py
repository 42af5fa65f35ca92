"""A worker process that is told by messages what to run.

main thread      claims for all threads at once, and what no doorbell leads to: see `strays`
Dramatiq's       fetch doorbells from their lanes, and answer them: see `actors`
listener         hears which lanes have something new
event loop       runs `async def` functions
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError

from tasks import calls, ledger, registry
from tasks.calls import Call
from tasks.engine import engine
from tasks.ledger import Claimed, Pulse
from tasks.models import RunStatus, TaskRun
from tasks.worker.actors import ActorPool
from tasks.worker.claimant import Claimant
from tasks.worker.claiming import Catch
from tasks.worker.demand import MOST_AHEAD, Demand
from tasks.worker.executing import Finished
from tasks.worker.knocks import Knock, Knocks
from tasks.worker.pool import ThreadPool
from tasks.worker.strays import Strays


class Answering(Claimant):
    """Answers doorbells until it is told to stop."""

    def make_threads(self) -> ThreadPool:
        """Return Dramatiq's."""
        self._knocks = Knocks(self._wake.set)
        self._coroutines = frozenset(registry.asynchronous())
        self._lanes = frozenset(self.options.queues or registry.queues())
        self._actors = ActorPool(
            self.options.threads,
            self.executing,
            self.slots,
            self.settler.put,
            queues=self._lanes & registry.queues(),
            worker_id=self.id,
            knocks=self._knocks,
            look=self._look,
            call=self._begin_call,
            room_for_calls=self._room_on_loop,
        )
        return self._actors

    def make_claimer(self, demand: Demand) -> Strays:
        """Return what asks the table where no doorbell leads."""
        self._strays = Strays(self.id, self.options, demand)
        self._strays.serve(self._lanes & registry.queues())
        return self._strays

    def claim(self, *, is_idle: bool) -> Catch:
        """Claim what was rung for, all in one statement; then what nobody rings for."""
        knocks = self._knocks.waiting()
        count = self._answer(knocks) if knocks else 0
        rest = super().claim(is_idle=is_idle)
        return Catch(count + rest.count, rest.is_full)

    def give_back(self) -> None:
        """Leave to others what has not begun, and the doorbells that were fetched meanwhile."""
        knocks = self._knocks.waiting()
        for knock in knocks:
            self._knocks.answer(knock, None)
        if knocks:
            engine.ring([knock.run_id for knock in knocks])
        super().give_back()

    def learn(self, pulse: Pulse) -> bool:
        """Take note of what there is, and of queues that people paused."""
        self._actors.pause(self._lanes if self.is_quiet else pulse.paused)
        is_first, self._has_looked = not self._has_looked, True
        self._strays.learn(pulse)
        if self._strays.has_work() or pulse.gated:
            self._wake.set()
        return is_first or pulse.due or pulse.lost

    def finish(self) -> None:
        """Leave all doorbells to others, and let what runs come to its end."""
        self._knocks.close()
        self._actors.stop_fetching()
        super().finish()
        self._actors.sweep()
        if self._actors.turned_away:
            engine.ring(self._actors.turned_away)

    def written(self, batch: list[Finished]) -> None:
        """There is room again; what was handed back rings for others."""
        super().written(batch)
        back = [item.claimed for item in batch if _is_handed_back(item)]
        if ids := [claimed.id for claimed in back if claimed.has_row]:
            engine.ring(ids)
        if fleeting := [claimed for claimed in back if not claimed.has_row]:
            engine.carry(fleeting)

    def _begin_call(self, call: Call, take: Callable[[], bool]) -> None:
        """Make a call if it can be had: in this thread of Dramatiq's, or on the event loop."""
        claimed = calls.claim(call, self.id)
        # First, so that nobody leaves meanwhile.
        self._demand.hold([claimed])
        if not take():
            self._demand.release([claimed])
        elif claimed.name in self._coroutines:
            self._loop.put(claimed)
        else:
            self._actors.execute(claimed)

    def _room_on_loop(self) -> int:
        """Return how many calls to fetch, of which any may be for a coroutine."""
        if not self._coroutines:
            return self.options.threads + MOST_AHEAD
        return sum(request.limit for request in self._demand.requests() if request.is_async)

    def _look(self) -> None:
        self._strays.suspect()
        self._wake.set()

    def _answer(self, knocks: list[Knock]) -> int:
        rung = {knock.run_id: knock.lane for knock in knocks}
        claims: dict[uuid.UUID, Claimed] = {}
        try:
            found = ledger.claim_these(self.id, list(rung), is_async=False)
            self._demand.hold(found)
            claims = {claimed.id: claimed for claimed in found}
            self._actors.expect_start()
        except (DatabaseError, InterfaceError):
            self._strays.suspect()
            raise
        finally:
            for knock in knocks:
                # Of two that rang for the same run, one gets it.
                self._knocks.answer(knock, claims.pop(knock.run_id, None))
        self._strays.knocked(in_vain=len(found) < len(rung))
        self._report_unknown(rung.keys() - {claimed.id for claimed in found}, rung)
        return len(found)

    def _report_unknown(self, ids: set[uuid.UUID], rung: dict[uuid.UUID, str]) -> None:
        """Set aside the doorbells of runs that there are not."""
        if not ids:
            return
        known = set(TaskRun.objects.filter(pk__in=ids).values_list("pk", flat=True))
        for run_id in ids - known:
            self._actors.report_unknown(rung[run_id], run_id)


def _is_handed_back(item: Finished) -> bool:
    return item.outcome is not None and item.outcome.status == RunStatus.READY
