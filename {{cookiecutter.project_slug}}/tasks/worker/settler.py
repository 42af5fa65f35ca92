"""Writes outcomes: all that have come in the meantime in one statement, on one connection."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from queue import Empty, SimpleQueue

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from tasks import ledger
from tasks.failure import Failure, fingerprint
from tasks.keeping import write_lines
from tasks.ledger import Outcome
from tasks.models import FINAL, RunStatus, TaskRun
from tasks.runner import announce_finish
from tasks.worker.executing import Execution, Finished

logger = logging.getLogger("tasks.worker")

MOST_AT_ONCE = 500
LONGEST_PAUSE = 5.0


class Settler:
    """A thread that writes outcomes until it is closed.

    A batch is what came while the last one was written, so an idle worker writes at once and a busy
    one in large groups. While the database is away it tries again and again: the worker stops
    claiming
    meanwhile, and nothing is lost.
    """

    def __init__(self, on_written: Callable[[list[Finished]], None]) -> None:
        self._queue: SimpleQueue[Finished | Execution | None] = SimpleQueue()
        self._on_written = on_written
        self._giving_up = threading.Event()
        self._thread = threading.Thread(target=self._work, name="settler", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def is_writing(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def put(self, finished: Finished) -> None:
        """Hand over a claim that has ended."""
        self._queue.put(finished)

    def keep_lines(self, execution: Execution) -> None:
        """Hand over an attempt that goes on, for what its body has logged so far."""
        self._queue.put(execution)

    def close(self, timeout: float) -> bool:
        """Write what is left; return whether that was done within `timeout` seconds."""
        self._queue.put(None)
        self._thread.join(timeout)
        self._giving_up.set()
        return not self._thread.is_alive()

    def _work(self) -> None:
        open_ = True
        while open_:
            items, open_ = self._next_batch()
            # Before the outcomes: who sees that a run has ended finds its lines.
            executions = [_execution_of(item) for item in items]
            logged = [each for each in executions if each is not None and each.lines is not None]
            write_lines(logged)
            batch = [item for item in items if isinstance(item, Finished)]
            if batch:
                self._write(batch)
                # Again, for the case that the database was away the first time.
                write_lines(logged)
                self._on_written(batch)
        connections.close_all()

    def _next_batch(self) -> tuple[list[Finished | Execution], bool]:
        """Wait for an outcome; return it with all that came after it, and whether more may come."""
        batch: list[Finished | Execution] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == MOST_AT_ONCE:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _write(self, batch: list[Finished]) -> None:
        outcomes = [
            item.outcome
            for item in batch
            if item.outcome is not None and item.claimed.has_row and not item.outcome.written
        ]
        refused = self._settle(outcomes)
        for id_ in refused:
            logger.warning("The outcome of run %s was refused: another worker has it now", id_)
        for item in batch:
            execution, outcome = item.execution, item.outcome
            if execution is None or outcome is None or outcome.id in refused:
                continue
            if outcome.status in FINAL:
                announce_finish(execution, outcome)

    def _settle(self, outcomes: list[Outcome]) -> set[uuid.UUID]:
        pause = 0.1
        while True:
            try:
                return ledger.settle(outcomes)
            except (OperationalError, InterfaceError) as error:
                logger.error("%d outcomes cannot be written yet: %s", len(outcomes), error)
                connection.close()
                if self._giving_up.wait(pause):
                    return {outcome.id for outcome in outcomes}
                pause = min(pause * 2, LONGEST_PAUSE)
            except DatabaseError as error:
                connection.close()
                if len(outcomes) == 1:
                    return self._settle_unwritable(outcomes[0], error)
                # One of them is at fault: the others must not suffer.
                return set().union(*(self._settle([outcome]) for outcome in outcomes))

    def _settle_unwritable(self, outcome: Outcome, error: DatabaseError) -> set[uuid.UUID]:
        """Fail a run whose outcome the database does not take; keep writing whatever it says."""
        logger.error("The outcome of run %s cannot be stored", outcome.id, exc_info=error)
        failure = Failure.of(error, attempt=outcome.attempt, worker_id=None, started_at=None)
        failed = Outcome(
            id=outcome.id,
            attempt=outcome.attempt,
            leads=outcome.leads,
            group_id=outcome.group_id,
            status=RunStatus.FAILED,
            errors=failure.appended_to("[]"),
        )
        try:
            run = TaskRun.objects.filter(pk=outcome.id).only("name").first()
            failed.fingerprint = fingerprint(run.name, error) if run is not None else None
            return ledger.settle([failed])
        except DatabaseError:
            logger.exception("Run %s stays with this worker until it ends", outcome.id)
            connection.close()
            return {outcome.id}


def _execution_of(item: Finished | Execution) -> Execution | None:
    return item.execution if isinstance(item, Finished) else item
