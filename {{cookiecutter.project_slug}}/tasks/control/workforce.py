"""Who is at work: the worker processes, how each one is, and what it holds."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce, Now

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A worker process, and the run that it has been at for longest."""

    id: uuid.UUID
    name: str
    """Host and process."""
    engine: str
    health: Health
    wish: Wish
    threads: int
    silence: float
    """Seconds since its last beat."""
    holding: int
    """Runs that it is at."""
    longest: Held | None
    seen_at: datetime


def glance() -> list[Glance]:
    """Return the same workers as `workers`, without all that each is at: one query."""
    rows = with_work(Worker.objects.exclude(status=WorkerStatus.STOPPED))
    return [_glance(row) for row in rows.order_by("host", "pid", "pk")]


def with_work(rows: QuerySet[Worker]) -> QuerySet[Worker]:
    """Add to each worker its silence, how many runs it holds, and the one it began first."""
    running = TaskRun.objects.filter(worker_id=OuterRef("pk"), status=RunStatus.RUNNING)
    counted = running.order_by().values("worker_id").annotate(number=Count("pk"))
    first = running.order_by("attempted_at")
    found: QuerySet[Worker] = with_silence(rows).annotate(
        holding=Coalesce(Subquery(counted.values("number")), 0),
        longest_id=Subquery(first.values("pk")[:1]),
        longest_task=Subquery(first.values("name")[:1]),
        longest_since=Subquery(first.values("attempted_at")[:1]),
    )
    return found


def with_silence(rows: QuerySet[Worker]) -> QuerySet[Any]:
    """Add to each worker how long it has not beaten, by the database's clock."""
    silence = ExpressionWrapper(Now() - F("beat_at"), output_field=DurationField())
    return rows.annotate(silence=silence)


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


def _glance(row: Any) -> Glance:
    seen_at = row.beat_at + row.silence
    longest = Held(id=row.longest_id, task=row.longest_task, since=row.longest_since or seen_at)
    return Glance(
        id=row.pk,
        name=f"{row.host}:{row.pid}",
        engine=row.engine,
        health=health(row, row.silence),
        wish=Wish(row.wish),
        threads=row.threads,
        silence=max(0.0, row.silence.total_seconds()),
        holding=row.holding,
        longest=longest if row.longest_id else None,
        seen_at=seen_at.astimezone(UTC),
    )


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
