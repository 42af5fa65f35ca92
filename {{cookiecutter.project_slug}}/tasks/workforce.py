"""Who is at work: the worker processes, how each one is, and what it holds."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tasks.conf import options
from tasks.ledger import now
from tasks.models import RunStatus, TaskRun, Wish, Worker, WorkerStatus


class Health(StrEnum):
    """How a worker is, by how long it has not beaten."""

    OK = "ok"
    # Half a lease is at least two beats: so much silence is worth a look.
    LATE = "late"
    # After a whole lease the next sweep gives to others what it holds.
    LOST = "lost"
    # It drained and left.
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A run that a worker is at."""

    id: uuid.UUID
    task: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerState:
    """A worker process."""

    id: uuid.UUID
    host: str
    pid: int
    engine: str
    queues: tuple[str, ...]
    """Empty: all."""
    threads: int
    started_at: datetime
    silence: float
    """Seconds since its last beat."""
    health: Health
    wish: Wish
    """What people ask of it."""
    runs: tuple[Held, ...]
    """Longest first."""


def workers() -> list[WorkerState]:
    """Return the workers that are alive or were lost lately, by host: two queries and the time."""
    time = now()
    rows = Worker.objects.exclude(status=WorkerStatus.STOPPED).order_by("host", "pid", "pk")
    held: dict[uuid.UUID | None, list[Held]] = defaultdict(list)
    running = TaskRun.objects.filter(status=RunStatus.RUNNING).order_by("attempted_at")
    for id_, name, worker_id, since in running.values_list(
        "pk", "name", "worker_id", "attempted_at"
    ):
        held[worker_id].append(Held(id=id_, task=name, since=since or time))
    return [_state(row, time - row.beat_at, tuple(held[row.pk])) for row in rows]


def health(worker: Worker, silence: timedelta) -> Health:
    """Return how a worker is that has not beaten for so long."""
    if worker.status != WorkerStatus.ALIVE:
        return Health.STOPPED if worker.status == WorkerStatus.STOPPED else Health.LOST
    lease = options().lease
    if silence.total_seconds() > lease:
        return Health.LOST
    return Health.LATE if silence.total_seconds() > lease / 2 else Health.OK


def queues_of(worker: Worker) -> tuple[str, ...]:
    """Return the queues that it takes from; none means all."""
    return tuple(name for name in worker.queues.split(",") if name)


def _state(worker: Worker, silence: timedelta, runs: tuple[Held, ...]) -> WorkerState:
    return WorkerState(
        id=worker.pk,
        host=worker.host,
        pid=worker.pid,
        engine=worker.engine,
        queues=queues_of(worker),
        threads=worker.threads,
        started_at=worker.started_at,
        silence=max(0.0, silence.total_seconds()),
        health=health(worker, silence),
        wish=Wish(worker.wish),
        runs=runs,
    )
