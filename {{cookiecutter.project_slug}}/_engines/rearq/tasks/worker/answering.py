"""A worker process that claims the runs it is rung for, and looks into the table for others.

reader        reads messages, no more than there is room for
main thread   claims their runs, all of a read in one statement
task threads  run plain functions        event loop  runs `async def` functions
"""

from __future__ import annotations

from tasks import calls, registry
from tasks.engine import engine
from tasks.ledger import Pulse
from tasks.models import RunStatus
from tasks.worker.calls import CallTaker
from tasks.worker.claimant import Claimant
from tasks.worker.claiming import Claimer
from tasks.worker.demand import Demand
from tasks.worker.executing import Finished
from tasks.worker.liveness import Sleeper
from tasks.worker.messages import Kept
from tasks.worker.options import WorkerOptions
from tasks.worker.process import SETTLE_SECONDS
from tasks.worker.reader import Reader

SIGN_OFF_SECONDS = 2.0


class Answering(Claimant):
    """Claims what is rung for; what is READY and was not, once everything was read."""

    def __init__(self, options: WorkerOptions) -> None:
        self._seen_queues: frozenset[str] = frozenset()
        self._paused_queues: frozenset[str] = frozenset()
        self._kept = Kept()
        self._coroutines = frozenset(registry.asynchronous())
        super().__init__(options, Sleeper(options.worker_id))

    def make_claimer(self, demand: Demand) -> Claimer:
        """Return what claims what the reader has read."""
        self._reader = Reader(
            self.id,
            kinds={False, bool(self._coroutines)},
            queues=self._queues,
            paused=lambda: self._queues() if self.is_quiet else self._paused_queues,
            room=lambda kind: sum(r.limit for r in demand.requests() if r.is_async == kind),
            wake=self._wake.set,
        )
        return CallTaker(self.id, self.options, demand, reader=self._reader, kept=self._kept)

    def start(self) -> None:
        """Start what runs tasks, and read."""
        super().start()
        self._reader.start()

    def finish(self) -> None:
        """Read no more, finish what runs, and give back what was read in vain."""
        self._reader.stop()
        super().finish()
        self.settler.close(SETTLE_SECONDS)
        engine.carry(
            [calls.claim(call, self.id) for one in self._reader.take() for call in one.calls]
        )
        self._reader.close(SIGN_OFF_SECONDS)

    def do_chores(self) -> None:
        """See to it that the reader lives, too."""
        if not self._reader.is_reading():
            raise RuntimeError("The reader of this worker has died; see the log above.")
        super().do_chores()

    def learn(self, pulse: Pulse) -> bool:
        """Take note of what there is, and of queues that no task names."""
        self._seen_queues |= pulse.ready
        self._paused_queues = pulse.paused
        return super().learn(pulse)

    def written(self, batch: list[Finished]) -> None:
        """Acknowledge what has ended, and ring for what was given back."""
        back = [
            finished.claimed
            for finished in batch
            if finished.outcome and finished.outcome.status == RunStatus.READY
        ]
        engine.send(
            [
                (run.id, run.queue, run.priority, run.name in self._coroutines)
                for run in back
                if run.has_row
            ]
        )
        engine.carry([run for run in back if not run.has_row])
        self._reader.acknowledge(self._kept.take(finished.claimed.id for finished in batch))
        super().written(batch)
        self._reader.made_room()

    def _queues(self) -> set[str]:
        return set(self.options.queues) or registry.queues() | self._seen_queues
