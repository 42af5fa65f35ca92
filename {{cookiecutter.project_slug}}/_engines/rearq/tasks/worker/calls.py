"""What a worker claims when it is rung for runs, and when it is not."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from tasks import calls, ledger
from tasks.ledger import Pulse
from tasks.models import RunStatus, TaskRun
from tasks.worker.claiming import Catch, Claimer
from tasks.worker.demand import Demand, Request
from tasks.worker.messages import Kept, Message, Reading, Stray
from tasks.worker.options import WorkerOptions
from tasks.worker.reader import Reader


class CallTaker(Claimer):
    """Claims the runs of all that was read, in one statement.

    What is READY though everything was read has lost its message: that is claimed from the table,
    as fast as the database engine would.
    """

    def __init__(
        self,
        worker_id: uuid.UUID,
        options: WorkerOptions,
        demand: Demand,
        *,
        reader: Reader,
        kept: Kept,
    ) -> None:
        super().__init__(worker_id, options, demand)
        self._reader = reader
        self._kept = kept
        self._unanswered: list[Reading] = []
        self._missed: set[bool] = set()

    def learn(self, pulse: Pulse) -> None:
        """Take note of what a look at the table has shown."""
        super().learn(pulse)
        if pulse.ready.intersection(self._options.queues or pulse.ready):
            self._missed |= self._reader.drained()

    def claim(self, *, is_idle: bool) -> Catch:
        """Claim what was rung for, then what lost its message and what limits allow."""
        catch = Catch()
        self._claim_what_rang(catch)
        rest = super().claim(is_idle=is_idle)
        return Catch(catch.count + rest.count, is_full=rest.is_full)

    def _makes_sense(self, request: Request, *, is_idle: bool) -> bool:
        return request.is_async in self._missed or (is_idle and self._options.drain)

    def _claim_from(self, queues: Sequence[str], request: Request, catch: Catch) -> bool:
        is_full = super()._claim_from(queues, request, catch)
        if not is_full:
            self._missed.discard(request.is_async)
        return is_full

    def _claim_what_rang(self, catch: Catch) -> None:
        self._unanswered += self._take()
        if not self._unanswered:
            return
        messages = [one for reading in self._unanswered for one in reading.messages]
        ids = list({one.run_id for one in messages})
        claims = ledger.claim_these(self._worker_id, ids) if ids else []
        claims.sort(key=lambda run: (-run.priority, run.run_at, run.id))
        taken = {claimed.id for claimed in claims}
        # Before they begin: one may have ended a moment later.
        self._kept.keep(one for one in messages if one.run_id in taken)
        self._begin(claims, catch)
        self._explain([one for one in messages if one.run_id not in taken])
        self._reader.answer(self._unanswered)
        self._unanswered = []

    def _take(self) -> list[Reading]:
        """Return what was read; its calls without a row begin."""
        taken = self._reader.take()
        self._demand.begin(
            [calls.claim(call, self._worker_id) for reading in taken for call in reading.calls]
        )
        return taken

    def _explain(self, messages: Sequence[Message]) -> None:
        """See to messages whose runs were not to be had."""
        if not messages:
            return
        ids = {message.run_id for message in messages}
        known = dict(TaskRun.objects.filter(pk__in=ids).values_list("id", "status"))
        # It waits behind a gate, perhaps an open one.
        self._gates_may_open |= RunStatus.READY in known.values()
        self._reader.acknowledge([one for one in messages if one.run_id in known])
        self._reader.set_aside(
            [
                Stray(one.stream, one.id, f"There is no run {one.run_id}.", f"{one.run_id}")
                for one in messages
                if one.run_id not in known
            ]
        )
