"""Gates: a pause, a limit of what runs at once, a rate. Claims through a gate come one at a time.

What a task's code limits is inserted `gated`, apart from what any worker may take at once. A queue
that people limited is shut for ordinary claims. So a limited backlog, however long, is never in the
way of another, and nothing is counted for runs that have no limit.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from tasks import registry
from tasks.ledger.claim import claim_from, claim_open
from tasks.ledger.lanes import Lane
from tasks.ledger.rows import Claimed
from tasks.ledger.words import for_sqlite
from tasks.models import Gate, GateKind, RunStatus, TaskRun
from tasks.rates import Rate

NOT_GATED = Lane("NOT gated", open=False)
"""What waits in a queue that people limited."""
_NEXT = """
SELECT queue, name, is_async FROM tasks_taskrun
WHERE status = 'READY' AND gated AND (queue, name, is_async) > (%s, %s, %s)
ORDER BY queue, name, is_async LIMIT 1
"""
MOST_LANES = 200


@dataclass(slots=True)
class Admitted:
    """What came through the gates."""

    claims: list[Claimed] = field(default_factory=list)
    opens_in: float | None = None
    """Seconds until a rate allows more; `None` when no rate is what holds runs back."""


def claim_through_gates(
    worker_id: uuid.UUID,
    queues: Collection[str] | None,
    room: Mapping[bool, int],
    *,
    suspects: bool | None = False,
) -> Admitted:
    """Take due runs that are limited, as far as their limits allow.

    `queues` may be `None`: all of them. `room` says how many plain functions (`False`) and
    coroutines (`True`) the worker can begin. A run counts against its limits from its claim until
    its outcome is written or its worker lost.
    """
    left = dict(room)
    admitted = Admitted()
    for queue, name, is_async in _lanes(queues):
        if left.get(is_async, 0) <= 0:
            continue
        with transaction.atomic():
            gates = _lock(queue, name)
            most, opens_in = _allowance(gates, left[is_async])
            claims = _claim(worker_id, queue, name, most, is_async=is_async, suspects=suspects)
            _count_starts(gates, len(claims))
        left[is_async] -= len(claims)
        for claimed in claims:
            claimed.gated = True
        admitted.claims += claims
        if opens_in is not None:
            admitted.opens_in = min(opens_in, admitted.opens_in or opens_in)
    return admitted


def pause(kind: GateKind, name: str) -> bool:
    """Let no run of a queue or task start any more; return whether that changed anything.

    What runs already may finish.
    """
    with transaction.atomic():
        Gate.objects.bulk_create([Gate(kind=kind, name=name)], ignore_conflicts=True)
        gate = Gate.objects.filter(kind=kind, name=name, paused_at=None)
        return bool(gate.update(paused_at=Now()))


def resume(kind: GateKind, name: str) -> bool:
    """Let runs start again; return whether that changed anything."""
    with transaction.atomic():
        gate = Gate.objects.filter(kind=kind, name=name, paused_at__isnull=False)
        changed = bool(gate.update(paused_at=None))
        if changed and kind == GateKind.TASK and name not in registry.gated():
            held = TaskRun.objects.filter(name=name, gated=True)
            held.filter(status=RunStatus.READY).update(gated=False)
        return changed


def set_limit(queue: str, most: int | None) -> bool:
    """Run at most so many of a queue at once, `None` for as many as there is room for.

    Returns whether that changed anything.
    """
    with transaction.atomic():
        gate, created = Gate.objects.select_for_update().get_or_create(
            kind=GateKind.QUEUE, name=queue, defaults={"max_running": most}
        )
        if created or gate.max_running == most:
            return created and most is not None
        gate.max_running = most
        gate.save(update_fields=["max_running"])
        return True


@dataclass(slots=True)
class _Locked:
    """A gate whose row is locked, with what its task's code says."""

    gate: Gate
    max_running: int | None
    rate: Rate | None
    now: float = 0.0


def _lanes(queues: Collection[str] | None) -> Iterator[tuple[str, str | None, bool]]:
    """Yield queue, task (`None` for all that are not limited themselves) and kind of function."""
    limited = Gate.objects.filter(
        kind=GateKind.QUEUE, paused_at=None, max_running__isnull=False
    ).order_by("name")
    for queue in limited.values_list("name", flat=True):
        if queues is None or queue in queues:
            yield queue, None, False
            yield queue, None, True
    last: tuple[Any, ...] = ("", "", False)
    sql = _NEXT if connection.vendor == "postgresql" else for_sqlite(_NEXT)
    with connection.cursor() as cursor:
        for _ in range(MOST_LANES):
            cursor.execute(sql, last)
            row = cursor.fetchone()
            if row is None:
                return
            last = tuple(row)
            if queues is None or last[0] in queues:
                yield last[0], last[1], bool(last[2])


def _claim(
    worker_id: uuid.UUID,
    queue: str,
    name: str | None,
    most: int,
    *,
    is_async: bool,
    suspects: bool | None,
) -> list[Claimed]:
    if name is None:
        return claim_open(NOT_GATED, worker_id, [queue], most, is_async=is_async, suspects=suspects)
    lane = Lane("gated AND name = %(name)s", False, name)
    found = claim_from(lane, worker_id, [queue], most, is_async=is_async, suspects=suspects)
    return [claimed for _, claimed in found]


def _lock(queue: str, name: str | None) -> list[_Locked]:
    """Lock the gates of a lane, always in the same order, and read what they say."""
    if name is not None:
        Gate.objects.bulk_create([Gate(kind=GateKind.TASK, name=name)], ignore_conflicts=True)
    gates = Gate.objects.select_for_update().filter(
        Q(kind=GateKind.QUEUE, name=queue) | Q(kind=GateKind.TASK, name=name)
    )
    return [_locked(gate) for gate in gates.order_by("kind", "name")]


def _locked(gate: Gate) -> _Locked:
    task = registry.find(gate.name) if gate.kind == GateKind.TASK else None
    if task is None:
        return _Locked(gate, gate.max_running, None)
    rate = None if task.rate is None else Rate.parse(task.rate)
    # Read once the row is locked: an older time would make starts weigh too short.
    return _Locked(gate, task.max_running, rate, now=_now(gate) if rate else 0.0)


def _allowance(gates: Collection[_Locked], most: int) -> tuple[int, float | None]:
    """Return how many may start, and in how many seconds a rate will allow more."""
    opens_in = None
    for locked in gates:
        if locked.gate.paused_at is not None:
            return 0, None
        if locked.max_running is not None:
            most = min(most, locked.max_running - _running(locked.gate))
        if locked.rate is not None:
            starts = json.loads(locked.gate.starts)
            room = locked.rate.room(starts, locked.now)
            if room < most:
                most, opens_in = room, locked.rate.opens_in(starts, locked.now)
    return max(0, most), opens_in


def _running(gate: Gate) -> int:
    running = TaskRun.objects.filter(status=RunStatus.RUNNING)
    if gate.kind == GateKind.QUEUE:
        return running.filter(queue=gate.name).count()
    return running.filter(name=gate.name).count()


def _count_starts(gates: Collection[_Locked], count: int) -> None:
    for locked in gates:
        if count and locked.rate is not None:
            starts = locked.rate.add(json.loads(locked.gate.starts), locked.now, count)
            Gate.objects.filter(pk=locked.gate.pk).update(starts=json.dumps(starts))


def _now(gate: Gate) -> float:
    now: datetime = Gate.objects.filter(pk=gate.pk).values_list(Now(), flat=True).get()
    return now.astimezone(UTC).timestamp()
