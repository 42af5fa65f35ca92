"""Who is alive. A worker's lease is the lease of all it holds; what the lost held goes to
others."""

import random
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from tasks.conf import options
from tasks.errors import WorkerLost
from tasks.failure import Failure, fingerprint
from tasks.ledger.rows import Outcome
from tasks.ledger.settle import settle
from tasks.models import RunStatus, TaskRun, Wish, Worker, WorkerStatus

TAKE_BACK_BATCH = 500

# A worker whose session lock is gone and whose last beat is so old is dead. Either sign alone is
# not
# enough: a reconnect drops the lock, a C loop that keeps the interpreter to itself stops the beat.
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
    """Declare lost every worker that is dead or was silent past its lease; return how many."""
    silent = Q(lease_until__lt=Now())
    if connection.vendor == "postgresql":
        silent |= Q(beat_at__lt=Now() - timedelta(seconds=DEAD_AFTER_SECONDS)) & ~Q(
            lock_key__in=_held_lock_keys()
        )
    lost = Worker.objects.filter(silent, status=WorkerStatus.ALIVE)
    return lost.update(status=WorkerStatus.LOST)


def mark_worker_lost(worker_id: uuid.UUID) -> None:
    """Declare one worker lost: somebody saw its process end."""
    Worker.objects.filter(pk=worker_id, status=WorkerStatus.ALIVE).update(status=WorkerStatus.LOST)


def take_back_lost_runs(
    limit: int = TAKE_BACK_BATCH,
    *,
    worker_id: uuid.UUID | None = None,
    started: set[uuid.UUID] | None = None,
    reason: str = "Its worker was silent for longer than its lease.",
) -> int:
    """Give the runs of lost workers to others; return how many.

    With `worker_id`, only those of that worker. `started` names the runs that were really under way
    when it died, if anybody saw: the others are handed back as if never claimed. `reason` is what
    the history says of those that were.
    """
    alive = Worker.objects.filter(pk=OuterRef("worker_id"), status=WorkerStatus.ALIVE)
    orphans = TaskRun.objects.filter(~Exists(alive), status=RunStatus.RUNNING)
    if worker_id is not None:
        orphans = orphans.filter(worker_id=worker_id)
    with transaction.atomic():
        runs = list(orphans.select_for_update(skip_locked=True, of=("self",))[:limit])
        outcomes = [
            _crashed(run, reason) if started is None or run.id in started else _unstarted(run)
            for run in runs
        ]
        return len(outcomes) - len(settle(outcomes))


def crash_delay(crashes: int) -> float:
    """Return the seconds before a run is tried again after so many lost workers.

    The first time at once: the worker's death is rarely the run's doing. Then 2 s, 4 s, … with
    jitter.
    """
    if crashes <= 1:
        return 0.0
    return min(2.0 ** min(crashes - 1, 60), options().max_backoff) * random.uniform(0.5, 1.0)  # noqa: S311


def _crashed(run: TaskRun, reason: str) -> Outcome:
    crashes = run.crashes + 1
    loss = WorkerLost(f"worker lost: {reason}")
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
