"""Claims what no doorbell leads to: coroutines, what waits behind gates, and what was lost."""

from __future__ import annotations

from tasks.ledger import Pulse
from tasks.worker.claiming import Catch, Claimer
from tasks.worker.demand import Request


class Strays(Claimer):
    """Asks the table for plain functions only where doorbells have failed.

    Messages get lost: Redis was away or emptied, a worker died with what it had fetched. While
    doorbells come, only the run that has waited longest is looked for, once a second: a lost one is
    that, sooner or later. When none have come for a second and runs are ready, all are taken.
    Queues that no task names have no doorbells.
    """

    _lanes: frozenset[str] = frozenset()
    _knocks = 1
    """Since the last look. Before the first one nobody can have heard any."""
    _takes_all = False
    _was_told = False
    """To look: then doorbells that come are no reason not to, and only a look ends it."""
    _takes_oldest = False
    _takes_strange = False

    def serve(self, queues: frozenset[str]) -> None:
        """Take note of the queues for which doorbells come."""
        self._lanes = queues

    def knocked(self, *, in_vain: bool) -> None:
        """Take note that doorbells came, for nothing or not."""
        self._knocks += 1
        if in_vain:
            # For a coroutine, or for what waits behind a gate, or for what another has.
            self.expect_more()
        elif not self._was_told:
            self._takes_all = False

    def suspect(self) -> None:
        """Somebody told us to look, or may have been told in vain."""
        self._takes_all = self._was_told = True
        self.expect_more()

    def learn(self, pulse: Pulse) -> None:
        """Take note of what a look at the table has shown."""
        super().learn(pulse)
        ready = pulse.ready - pulse.paused
        if self._options.queues:
            ready &= frozenset(self._options.queues)
        is_silent, self._knocks = not self._knocks, 0
        self._takes_all = self._was_told or (bool(ready) and (self._takes_all or is_silent))
        self._takes_oldest = bool(ready)
        self._takes_strange = bool(ready - self._lanes)
        self._coroutines_may_wait |= bool(ready)

    def has_work(self) -> bool:
        """Whether the table is to be asked for plain functions."""
        return self._takes_all or self._takes_strange or self._takes_oldest

    def _makes_sense(self, request: Request, *, is_idle: bool) -> bool:
        return self._coroutines_may_wait if request.is_async else self.has_work()

    def _claim_freely(self, request: Request, catch: Catch) -> None:
        if request.is_async:
            super()._claim_freely(request, catch)
        elif self._takes_all:
            self._takes_all = self._claim_from(self._queues(), request, catch)
            self._was_told &= self._takes_all
            catch.is_full |= self._takes_all
        else:
            self._claim_a_few(request, catch)
        self._takes_oldest = False

    def _claim_a_few(self, request: Request, catch: Catch) -> None:
        """Doorbells come: what has none is claimed, and one run, lest a lost one wait for ever."""
        if self._takes_strange:
            strange = [queue for queue in self._queues() if queue not in self._lanes]
            self._takes_strange = self._claim_from(strange, request, catch)
            catch.is_full |= self._takes_strange
        if self._takes_oldest:
            self._claim_from(self._queues(), Request(1), catch)
