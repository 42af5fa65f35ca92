"""SCHEDULED to READY when due, and READY to RUNNING."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from tasks.conf import options
from tasks.ledger.rows import COLUMNS, Claimed
from tasks.ledger.turns import turn_to_write
from tasks.models import RunStatus, TaskRun

PROMOTE_BATCH = 1000

# One look-up in the partial index for every queue, so that a long backlog in one never makes the
# claim from another slow. ARRAY() is evaluated once; `id IN (SELECT … LIMIT …)` met plans that ran
# the sub-query for every row of the table. The rows are locked when they are found READY; to ask
# for that once more outside made PostgreSQL read the whole index of what is READY. Times come back
# as numbers and text: the drivers' own conversion of four of them would take longer than all else
# that is done with a row.
_CLAIM_POSTGRESQL = f"""
UPDATE tasks_taskrun SET status = 'RUNNING', worker_id = %s, attempt = attempt + 1,
    spent = spent + 1, attempted_at = statement_timestamp(),
    started_at = COALESCE(started_at, statement_timestamp())
WHERE id = ANY(ARRAY(
    SELECT due.id FROM unnest(%s::text[]) AS wanted(queue) CROSS JOIN LATERAL (
        SELECT id, priority, run_at FROM tasks_taskrun
        WHERE queue = wanted.queue AND is_async = %s AND status = 'READY'
            AND NOT gated AND run_at <= statement_timestamp() AND {{which}}
        ORDER BY priority DESC, run_at, id LIMIT %s FOR UPDATE SKIP LOCKED) AS due
    ORDER BY due.priority DESC, due.run_at, due.id LIMIT %s))
    AND EXISTS (SELECT FROM tasks_worker WHERE id = %s AND status = 'ALIVE')
RETURNING {COLUMNS}, extract(epoch FROM run_at)::float8, extract(epoch FROM enqueued_at)::float8,
    extract(epoch FROM started_at)::float8, extract(epoch FROM attempted_at)::float8
"""  # noqa: S608 - constants of this package only

# The same for SQLite, which has one writer and so no rows to lock.
_CLAIM_SQLITE = f"""
UPDATE tasks_taskrun SET status = 'RUNNING', worker_id = %s, attempt = attempt + 1,
    spent = spent + 1, attempted_at = {{now}}, started_at = COALESCE(started_at, {{now}})
WHERE status = 'READY' AND id IN (
    SELECT id FROM ({{due}}) ORDER BY priority DESC, run_at, id LIMIT %s)
    AND EXISTS (SELECT 1 FROM tasks_worker WHERE id = %s AND status = 'ALIVE')
RETURNING {COLUMNS}, run_at || '', enqueued_at || '', started_at || '', attempted_at || ''
"""  # noqa: S608
_DUE_SQLITE = """
SELECT * FROM (SELECT id, priority, run_at FROM tasks_taskrun
    WHERE queue = %s AND is_async = %s AND status = 'READY' AND NOT gated
        AND run_at <= {now} AND {which}
    ORDER BY priority DESC, run_at, id LIMIT %s)
"""
_LOOK_SQLITE = """
SELECT 1 FROM tasks_taskrun
WHERE status = 'READY' AND NOT gated AND is_async = %s AND queue IN ({queues}) LIMIT 1
"""
_NOW_SQLITE = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"


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
    on their last life (see `last_life()`), all others (the default), or, if `None`, both. A worker
    that was declared lost gets nothing.
    """
    if not queues or limit <= 0:
        return []
    claim_rows = _claim_postgresql if connection.vendor == "postgresql" else _claim_sqlite
    claimed = claim_rows(worker_id, queues, limit, is_async, _which(suspects))
    claimed.sort(key=lambda run: (-run.priority, run.run_at, run.id))
    return claimed


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


def _claim_postgresql(
    worker_id: uuid.UUID, queues: Sequence[str], limit: int, is_async: bool, which: str
) -> list[Claimed]:
    parameters: list[Any] = [worker_id, list(queues), is_async, limit, limit, worker_id]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_POSTGRESQL.format(which=which), parameters)
        return [_from_postgresql(row, worker_id) for row in cursor.fetchall()]


def _claim_sqlite(
    worker_id: uuid.UUID, queues: Sequence[str], limit: int, is_async: bool, which: str
) -> list[Claimed]:
    due = " UNION ALL ".join([_DUE_SQLITE.format(now=_NOW_SQLITE, which=which)] * len(queues))
    parameters: list[Any] = [worker_id.hex]
    for queue in queues:
        parameters += [queue, is_async, limit]
    parameters += [limit, worker_id.hex]
    look = _LOOK_SQLITE.format(queues=", ".join(["%s"] * len(queues)))
    with connection.cursor() as cursor:
        # Most looks find nothing. A look that only reads asks for no lock.
        cursor.execute(look, [is_async, *queues])
        if cursor.fetchone() is None:
            return []
        with turn_to_write():
            cursor.execute(_CLAIM_SQLITE.format(now=_NOW_SQLITE, due=due), parameters)
            rows = cursor.fetchall()
    return [_from_sqlite(row, worker_id) for row in rows]


def _from_postgresql(row: tuple[Any, ...], worker_id: uuid.UUID) -> Claimed:
    times = (datetime.fromtimestamp(seconds, UTC) for seconds in row[-4:])
    fields: tuple[Any, ...] = (*row[:-4], *times, worker_id)
    return Claimed(*fields)


def _from_sqlite(row: tuple[Any, ...], worker_id: uuid.UUID) -> Claimed:
    """SQLite holds ids as 32 hexadecimal digits and times in UTC without saying so."""
    times = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in row[-4:])
    fields: tuple[Any, ...] = (uuid.UUID(row[0]), *row[1:-4], *times, worker_id)
    return Claimed(*fields)
