"""Who is alive. A worker's lease is the lease of all it holds; what the lost held goes to
others."""

import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from tasks.conf import options
from tasks.errors import WorkerLost
from tasks.failure import Failure, fingerprint
from tasks.ledger.bell import ring_after_commit
from tasks.ledger.frozen import AWAY, bound_transaction, was_locked
from tasks.ledger.outage import outage
from tasks.ledger.rows import Outcome
from tasks.ledger.settle import settle
from tasks.models import RunStatus, TaskRun, Wish, Worker, WorkerStatus
from tasks.reasons import SILENT, WORKER_LOST

TAKE_BACK_BATCH = 500
FROZEN_AFTER_SECONDS = 10
PATIENCE_SECONDS = 1

# A worker whose session lock is gone and whose last beat is so old is dead. Either sign alone is
# not enough: a reconnect drops the lock, a C loop that keeps the interpreter to itself stops the
# beat. One that has not beaten yet has no lock yet either: it is about to start, however slowly.
DEAD_AFTER_SECONDS = 4


# The 64-bit advisory locks that sessions of this database hold.
HELD_LOCK_KEYS = """
    SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True, slots=True)
class HeldRun:
    """A run that the table says a worker holds."""

    attempt: int
    cancel_requested: bool


def register_worker(worker: Worker) -> None:
    """Enter a worker that may claim from now on. Its lease begins now."""
    worker.lease_until = Now() + timedelta(seconds=options().lease)
    worker.save(force_insert=True)


def retire_worker(worker_id: uuid.UUID) -> None:
    """Mark a worker that drained as stopped."""
    Worker.objects.filter(pk=worker_id, status=WorkerStatus.ALIVE).update(
        status=WorkerStatus.STOPPED
    )


def ask_worker(worker_id: uuid.UUID, wish: Wish) -> bool:
    """Ask something of a worker that is alive; return whether that is new. A stop stays."""
    alive = Worker.objects.filter(pk=worker_id, status=WorkerStatus.ALIVE)
    return alive.exclude(wish__in=(wish, Wish.STOP)).update(wish=wish) == 1


def held_runs(worker_id: uuid.UUID) -> dict[uuid.UUID, HeldRun]:
    """Return what the table says a worker holds."""
    rows = TaskRun.objects.filter(worker_id=worker_id, status=RunStatus.RUNNING)
    return {
        id_: HeldRun(attempt, cancel_requested)
        for id_, attempt, cancel_requested in rows.values_list("id", "attempt", "cancel_requested")
    }


def mark_lost_workers() -> int:
    """Declare lost every worker that is dead or was silent past its lease; return how many.

    None after an outage of the database, until all have had time to come back: they were silent
    because nobody could hear them.
    """
    if outage.is_recent():
        return 0
    silent = Q(lease_until__lt=Now())
    if connection.vendor == "postgresql":
        silent |= (
            Q(beat_at__lt=Now() - timedelta(seconds=DEAD_AFTER_SECONDS))
            & ~Q(beat_at=F("started_at"))
            & ~Q(lock_key__in=_held_lock_keys())
        )
    lost = Worker.objects.filter(silent, status=WorkerStatus.ALIVE)
    return lost.update(status=WorkerStatus.LOST)


def bury(worker_id: uuid.UUID, started: Collection[uuid.UUID], *, reason: str) -> int:
    """Declare a worker lost whose process was seen to end, and give what it held to others, and
    ring for it; return how many runs that were.

    `started` names those that were really under way: they count a crash, and their history says the
    `reason`. The others are handed back as if never claimed.
    """
    try:
        return _bury(worker_id, started, reason, skip_locked=False)
    except AWAY as error:
        if not was_locked(error):
            raise
        # Who takes so long with one of them is not the session that died. Others find that one.
        return _bury(worker_id, started, reason, skip_locked=True)


def take_back_lost_runs(limit: int = TAKE_BACK_BATCH) -> int:
    """Give the runs of lost workers to others, and ring for them; return how many.

    Each counts a crash: nobody saw which were really under way.
    """
    with transaction.atomic():
        orphans = _orphans().select_for_update(skip_locked=True, of=("self",))
        return _give_back([_crashed(run, SILENT) for run in orphans[:limit]])


def crash_delay(crashes: int) -> float:
    """Return the seconds before a run is tried again after so many lost workers.

    The first time at once: the worker's death is rarely the run's doing. Then 2 s, 4 s, … with
    jitter.
    """
    if crashes <= 1:
        return 0.0
    return min(2.0 ** min(crashes - 1, 60), options().max_backoff) * random.uniform(0.5, 1.0)  # noqa: S311


def _bury(
    worker_id: uuid.UUID, started: Collection[uuid.UUID], reason: str, *, skip_locked: bool
) -> int:
    """In one transaction: whoever could see a lost worker that still holds runs would take them
    back himself, and count a crash for each.
    """
    with transaction.atomic():
        # The session of a process that has just died may have its rows for another moment.
        bound_transaction(idle=FROZEN_AFTER_SECONDS, locked=PATIENCE_SECONDS)
        Worker.objects.filter(pk=worker_id, status=WorkerStatus.ALIVE).update(
            status=WorkerStatus.LOST
        )
        held = _orphans().filter(worker_id=worker_id)
        return _give_back(
            [
                _crashed(run, reason) if run.id in started else _unstarted(run)
                for run in held.select_for_update(skip_locked=skip_locked, of=("self",))
            ]
        )


def _orphans() -> QuerySet[TaskRun]:
    """The runs that nobody holds who lives."""
    alive = Worker.objects.filter(pk=OuterRef("worker_id"), status=WorkerStatus.ALIVE)
    return TaskRun.objects.filter(~Exists(alive), status=RunStatus.RUNNING)


def _give_back(outcomes: Sequence[Outcome]) -> int:
    refused = settle(outcomes)
    # Each by its id: the doorbell that led the lost worker to it is gone with that worker.
    ring_after_commit(
        [
            outcome.id
            for outcome in outcomes
            if outcome.status == RunStatus.READY and outcome.id not in refused
        ]
    )
    return len(outcomes) - len(refused)


def _crashed(run: TaskRun, reason: str) -> Outcome:
    crashes = run.crashes + 1
    loss = WorkerLost(WORKER_LOST % {"reason": reason})
    errors = Failure.of(
        loss, attempt=run.attempt, worker_id=run.worker_id, started_at=run.attempted_at
    ).appended_to(run.errors)
    if run.cancel_requested:
        status, delay = RunStatus.CANCELLED, None
    elif crashes >= options().max_crashes or run.spent >= run.max_attempts:
        status, delay = RunStatus.FAILED, None
    else:
        delay = crash_delay(crashes)
        status = RunStatus.SCHEDULED if delay else RunStatus.READY
    return Outcome(
        id=run.id,
        attempt=run.attempt,
        leads=run.leads,
        group_id=run.group_id,
        status=status,
        errors=errors,
        fingerprint=fingerprint(run.name, loss) if status == RunStatus.FAILED else None,
        delay=delay,
        crashes=1,
    )


def _unstarted(run: TaskRun) -> Outcome:
    return Outcome(
        id=run.id,
        attempt=run.attempt,
        leads=run.leads,
        group_id=run.group_id,
        status=RunStatus.READY,
        delay=0.0,
        refund=1,
    )


def _held_lock_keys() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(HELD_LOCK_KEYS)
        return [row[0] for row in cursor.fetchall()]
