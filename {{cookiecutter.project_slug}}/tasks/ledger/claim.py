"""READY to RUNNING, and what leads to READY or away from it as time passes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from tasks import registry
from tasks.conf import options
from tasks.ledger.groups import follow_ended
from tasks.ledger.rows import COLUMNS, Claimed
from tasks.ledger.turns import turn_to_write
from tasks.ledger.words import for_sqlite
from tasks.models import UNSTARTED, RunStatus, TaskRun

PROMOTE_BATCH = 1000
EXPIRED = "It had not started by the time it expired."

# A run that has not started by the time it expires never will (see `expire()`).
_STILL_GOOD = "(expires_at IS NULL OR started_at IS NOT NULL OR expires_at > {now})"
_PAUSED_TASKS = "SELECT name FROM tasks_gate WHERE kind = 'TASK' AND paused_at IS NOT NULL"
_SHUT_QUEUES = """SELECT name FROM tasks_gate
    WHERE kind = 'QUEUE' AND (paused_at IS NOT NULL OR max_running IS NOT NULL)"""

# One look-up in the partial index for every queue, so that a long backlog in one never makes the
# claim from another slow. ARRAY() is evaluated once; `id IN (SELECT … LIMIT …)` met plans that ran
# the sub-query for every row of the table. The rows are locked when they are found READY; to ask
# for that once more outside made PostgreSQL read the whole index of what is READY. Times come back
# as numbers and text: the drivers' own conversion of four of them would take longer than all else
# that is done with a row.
_NOW_POSTGRESQL = "statement_timestamp()"
_CLAIM_POSTGRESQL = f"""
UPDATE tasks_taskrun SET status = 'RUNNING', worker_id = %(worker)s, attempt = attempt + 1,
    spent = spent + 1, attempted_at = {_NOW_POSTGRESQL},
    started_at = COALESCE(started_at, {_NOW_POSTGRESQL})
WHERE id = ANY(ARRAY({{due}}))
    AND EXISTS (SELECT FROM tasks_worker WHERE id = %(worker)s AND status = 'ALIVE')
RETURNING name = ANY(ARRAY({_PAUSED_TASKS})), {COLUMNS},
    extract(epoch FROM run_at)::float8, extract(epoch FROM enqueued_at)::float8,
    extract(epoch FROM started_at)::float8, extract(epoch FROM attempted_at)::float8
"""  # noqa: S608 - constants of this package only

_DUE_POSTGRESQL = f"""
    SELECT due.id FROM unnest(%(queues)s::text[]) AS wanted(queue) CROSS JOIN LATERAL (
        SELECT id, priority, run_at FROM tasks_taskrun
        WHERE queue = wanted.queue AND is_async = %(is_async)s AND status = 'READY' AND {{lane}}
            AND run_at <= {_NOW_POSTGRESQL} AND {_STILL_GOOD.format(now=_NOW_POSTGRESQL)}
            AND {{which}}
        ORDER BY priority DESC, run_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS due
    {{open}}
    ORDER BY due.priority DESC, due.run_at, due.id LIMIT %(limit)s
"""  # noqa: S608
_THESE_POSTGRESQL = f"""
    SELECT id FROM tasks_taskrun
    WHERE id = ANY(%(ids)s) AND status = 'READY' AND NOT gated AND run_at <= {_NOW_POSTGRESQL}
        AND {_STILL_GOOD.format(now=_NOW_POSTGRESQL)} AND {{which}}
        AND queue NOT IN ({_SHUT_QUEUES})
    ORDER BY id FOR UPDATE SKIP LOCKED
"""  # noqa: S608

# The same for SQLite, which has one writer and so no rows to lock.
_NOW_SQLITE = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
_CLAIM_SQLITE = f"""
UPDATE tasks_taskrun SET status = 'RUNNING', worker_id = %(worker)s, attempt = attempt + 1,
    spent = spent + 1, attempted_at = {_NOW_SQLITE},
    started_at = COALESCE(started_at, {_NOW_SQLITE})
WHERE status = 'READY' AND id IN ({{due}})
    AND EXISTS (SELECT 1 FROM tasks_worker WHERE id = %(worker)s AND status = 'ALIVE')
RETURNING name IN ({_PAUSED_TASKS}), {COLUMNS},
    run_at || '', enqueued_at || '', started_at || '', attempted_at || ''
"""  # noqa: S608
_ALL_DUE_SQLITE = "SELECT id FROM ({due}) ORDER BY priority DESC, run_at, id LIMIT %(limit)s"
_DUE_SQLITE = f"""
SELECT * FROM (SELECT id, priority, run_at FROM tasks_taskrun
    WHERE queue = {{queue}} AND is_async = %(is_async)s AND status = 'READY' AND {{lane}}
        AND run_at <= {_NOW_SQLITE} AND {_STILL_GOOD.format(now=_NOW_SQLITE)} AND {{which}} {{open}}
    ORDER BY priority DESC, run_at, id LIMIT %(limit)s)
"""  # noqa: S608
_THESE_SQLITE = f"""
SELECT id FROM tasks_taskrun
WHERE id IN ({{ids}}) AND NOT gated AND run_at <= {_NOW_SQLITE}
    AND {_STILL_GOOD.format(now=_NOW_SQLITE)} AND {{which}} AND queue NOT IN ({_SHUT_QUEUES})
"""  # noqa: S608
_LOOK_SQLITE = """
SELECT 1 FROM tasks_taskrun
WHERE status = 'READY' AND {lane} AND is_async = %(is_async)s AND queue IN ({queues}) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Lane:
    """Which of the READY runs of a queue a claim takes."""

    where: str
    open: bool
    """Whether only queues are asked that nothing holds back."""
    name: str | None = None


FREE = Lane("NOT gated", open=True)
"""What no gate stands before."""


def claim(
    worker_id: uuid.UUID,
    queues: Sequence[str],
    limit: int,
    *,
    is_async: bool = False,
    suspects: bool | None = False,
) -> list[Claimed]:
    """Take up to `limit` due runs for a worker, most urgent first.

    `is_async` chooses the runs of `async def` tasks instead of all others. `suspects` chooses runs
    on their last life (see `last_life()`), all others (the default), or, if `None`, both. Queues
    that are paused or limited, and tasks that are, give nothing here: see `tasks.ledger.gates`. A
    worker that was declared lost gets nothing.
    """
    taken: list[Claimed] = []
    while len(taken) < limit:
        found = claim_from(
            FREE, worker_id, queues, limit - len(taken), is_async=is_async, suspects=suspects
        )
        admitted = _admit(found, worker_id)
        taken += admitted
        if len(admitted) == len(found):
            break
    taken.sort(key=lambda run: (-run.priority, run.run_at, run.id))
    return taken


def claim_these(
    worker_id: uuid.UUID, ids: Sequence[uuid.UUID], *, suspects: bool | None = False
) -> list[Claimed]:
    """Take those of these runs that are due and that nothing holds back, in no order.

    What is left out is nothing to be sad about: another worker has it, it waits behind a gate, or
    it is on its last life and executed alone.
    """
    if not ids:
        return []
    if connection.vendor == "postgresql":
        sql = _CLAIM_POSTGRESQL.format(due=_THESE_POSTGRESQL.format(which=_which(suspects)))
        found = _execute_postgresql(sql, worker_id, {"ids": list(ids)})
    else:
        names = {f"id_{number}": id_.hex for number, id_ in enumerate(ids)}
        marks = ", ".join(f"%({name})s" for name in names)
        due = _THESE_SQLITE.format(ids=marks, which=_which(suspects))
        found = _execute_sqlite(_CLAIM_SQLITE.format(due=due), worker_id, dict(names))
    return _admit(found, worker_id)


def claim_from(
    lane: Lane,
    worker_id: uuid.UUID,
    queues: Sequence[str],
    limit: int,
    *,
    is_async: bool,
    suspects: bool | None,
) -> list[tuple[bool, Claimed]]:
    """Take due runs from one lane of each queue; say of each whether its task is paused."""
    if not queues or limit <= 0:
        return []
    parameters = {"is_async": is_async, "limit": limit, "name": lane.name}
    claim_rows = _claim_postgresql if connection.vendor == "postgresql" else _claim_sqlite
    return claim_rows(lane, worker_id, queues, _which(suspects), parameters)


def promote(limit: int = PROMOTE_BATCH) -> list[uuid.UUID]:
    """Make READY up to `limit` scheduled runs that have become due; return their ids."""
    due = TaskRun.objects.filter(status=RunStatus.SCHEDULED, run_at__lte=Now()).order_by("run_at")
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        if ids:
            TaskRun.objects.filter(pk__in=ids, status=RunStatus.SCHEDULED).update(
                status=RunStatus.READY
            )
        return ids


def expire(limit: int = PROMOTE_BATCH) -> list[uuid.UUID]:
    """Cancel up to `limit` runs that were not started in time; return their ids."""
    late = TaskRun.objects.filter(
        status__in=UNSTARTED, expires_at__lte=Now(), started_at=None
    ).order_by("expires_at")
    with transaction.atomic():
        ids = list(late.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        if ids:
            TaskRun.objects.filter(pk__in=ids, status__in=UNSTARTED).update(
                status=RunStatus.CANCELLED, finished_at=Now(), reason=EXPIRED
            )
            follow_ended(TaskRun.objects.filter(pk__in=ids, status=RunStatus.CANCELLED))
        return ids


def last_life() -> int:
    """Return from how many crashes on a run is executed alone, in a process of its own.

    A run that was there when workers died may be the reason or a neighbour. Alone it can only harm
    itself, so that no neighbour is ever failed for what another run did.
    """
    return max(1, options().max_crashes - 1)


def _which(suspects: bool | None) -> str:
    """Return the SQL condition; it says `crashes > 0` where the index of the few does."""
    if suspects is None:
        return "true"
    return f"crashes > 0 AND crashes >= {last_life()}" if suspects else f"crashes < {last_life()}"


def _admit(found: Sequence[tuple[bool, Claimed]], worker_id: uuid.UUID) -> list[Claimed]:
    """Return the claims that may stand.

    A run that came this way before its task was limited or paused goes behind its gate, as if it
    had never been claimed.
    """
    gated = registry.gated()
    barred = {run.id for is_paused, run in found if is_paused or run.name in gated}
    if barred:
        TaskRun.objects.filter(pk__in=barred, worker_id=worker_id, status=RunStatus.RUNNING).update(
            status=RunStatus.READY, gated=True, worker_id=None, spent=F("spent") - 1
        )
    return [run for _, run in found if run.id not in barred]


def _claim_postgresql(
    lane: Lane,
    worker_id: uuid.UUID,
    queues: Sequence[str],
    which: str,
    parameters: dict[str, Any],
) -> list[tuple[bool, Claimed]]:
    open_ = f"WHERE wanted.queue NOT IN ({_SHUT_QUEUES})" if lane.open else ""
    due = _DUE_POSTGRESQL.format(lane=lane.where, which=which, open=open_)
    parameters |= {"queues": list(queues)}
    return _execute_postgresql(_CLAIM_POSTGRESQL.format(due=due), worker_id, parameters)


def _execute_postgresql(
    sql: str, worker_id: uuid.UUID, parameters: dict[str, Any]
) -> list[tuple[bool, Claimed]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "worker": worker_id})
        return [(row[0], _from_postgresql(row[1:], worker_id)) for row in cursor.fetchall()]


def _claim_sqlite(
    lane: Lane,
    worker_id: uuid.UUID,
    queues: Sequence[str],
    which: str,
    parameters: dict[str, Any],
) -> list[tuple[bool, Claimed]]:
    names = {f"queue_{number}": queue for number, queue in enumerate(queues)}
    marks = [f"%({name})s" for name in names]
    due = " UNION ALL ".join(
        _DUE_SQLITE.format(
            queue=mark,
            lane=lane.where,
            which=which,
            open=f"AND {mark} NOT IN ({_SHUT_QUEUES})" if lane.open else "",
        )
        for mark in marks
    )
    parameters |= names
    # Most looks find nothing. A look that only reads asks for no lock.
    with connection.cursor() as cursor:
        look = _LOOK_SQLITE.format(lane=lane.where, queues=", ".join(marks))
        cursor.execute(for_sqlite(look), parameters)
        if cursor.fetchone() is None:
            return []
    sql = _CLAIM_SQLITE.format(due=_ALL_DUE_SQLITE.format(due=due))
    return _execute_sqlite(sql, worker_id, parameters)


def _execute_sqlite(
    sql: str, worker_id: uuid.UUID, parameters: dict[str, Any]
) -> list[tuple[bool, Claimed]]:
    with turn_to_write(), connection.cursor() as cursor:
        cursor.execute(for_sqlite(sql), {**parameters, "worker": worker_id.hex})
        rows = cursor.fetchall()
    return [(bool(row[0]), _from_sqlite(row[1:], worker_id)) for row in rows]


def _from_postgresql(row: tuple[Any, ...], worker_id: uuid.UUID) -> Claimed:
    times = (datetime.fromtimestamp(seconds, UTC) for seconds in row[-4:])
    fields: tuple[Any, ...] = (*row[:-4], *times, worker_id)
    return Claimed(*fields)


def _from_sqlite(row: tuple[Any, ...], worker_id: uuid.UUID) -> Claimed:
    """SQLite holds ids as 32 hexadecimal digits and times in UTC without saying so."""
    times = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in row[-4:])
    group_id = None if row[-5] is None else uuid.UUID(row[-5])
    fields: tuple[Any, ...] = (uuid.UUID(row[0]), *row[1:-5], group_id, *times, worker_id)
    return Claimed(*fields)
