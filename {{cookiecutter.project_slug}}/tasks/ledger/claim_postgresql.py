"""A claim in PostgreSQL."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from tasks.ledger.lanes import PAUSED_TASKS, SHUT_QUEUES, STILL_GOOD, Lane
from tasks.ledger.rows import COLUMNS, Claimed

# One look-up in the partial index for every queue, so that a long backlog in one never makes the
# claim from another slow. ARRAY() is evaluated once; `id IN (SELECT … LIMIT …)` met plans that ran
# the sub-query for every row of the table. The rows are locked when they are found READY; to ask
# for that once more outside made PostgreSQL read the whole index of what is READY. Times come back
# as numbers and text: the drivers' own conversion of four of them would take longer than all else
# that is done with a row.
_NOW = "statement_timestamp()"
_CLAIM = f"""
UPDATE tasks_taskrun SET status = 'RUNNING', worker_id = %(worker)s, attempt = attempt + 1,
    spent = spent + 1, attempted_at = {_NOW},
    started_at = COALESCE(started_at, {_NOW})
WHERE id = ANY(ARRAY({{due}}))
    AND EXISTS (SELECT FROM tasks_worker WHERE id = %(worker)s AND status = 'ALIVE')
RETURNING name = ANY(ARRAY({PAUSED_TASKS})), {COLUMNS},
    extract(epoch FROM run_at)::float8, extract(epoch FROM enqueued_at)::float8,
    extract(epoch FROM started_at)::float8, extract(epoch FROM attempted_at)::float8
"""  # noqa: S608 - constants of this package only

_DUE = f"""
    SELECT due.id FROM unnest(%(queues)s::text[]) AS wanted(queue) CROSS JOIN LATERAL (
        SELECT id, priority, run_at FROM tasks_taskrun
        WHERE queue = wanted.queue AND is_async = %(is_async)s AND status = 'READY' AND {{lane}}
            AND run_at <= {_NOW} AND {STILL_GOOD.format(now=_NOW)}
            AND {{which}}
        ORDER BY priority DESC, run_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS due
    {{open}}
    ORDER BY due.priority DESC, due.run_at, due.id LIMIT %(limit)s
"""  # noqa: S608
# `status || ''`, so that only the ids can be looked up: with poor statistics PostgreSQL preferred
# to read the whole index of what is READY.
_THESE = f"""
    SELECT id FROM tasks_taskrun
    WHERE id = ANY(%(ids)s) AND status || '' = 'READY' AND NOT gated AND run_at <= {_NOW}
        AND {STILL_GOOD.format(now=_NOW)} AND {{which}}
        AND queue NOT IN ({SHUT_QUEUES})
    ORDER BY id FOR UPDATE SKIP LOCKED
"""  # noqa: S608


def claim_lane(
    lane: Lane,
    worker_id: uuid.UUID,
    queues: Sequence[str],
    which: str,
    parameters: dict[str, Any],
) -> list[tuple[bool, Claimed]]:
    """Take due runs from one lane of each queue."""
    open_ = f"WHERE wanted.queue NOT IN ({SHUT_QUEUES})" if lane.open else ""
    due = _DUE.format(lane=lane.where, which=which, open=open_)
    parameters |= {"queues": list(queues)}
    return _execute(_CLAIM.format(due=due), worker_id, parameters)


def claim_ids(
    ids: Sequence[uuid.UUID], worker_id: uuid.UUID, which: str
) -> list[tuple[bool, Claimed]]:
    """Take those of these runs that are due."""
    sql = _CLAIM.format(due=_THESE.format(which=which))
    return _execute(sql, worker_id, {"ids": list(ids)})


def _execute(
    sql: str, worker_id: uuid.UUID, parameters: dict[str, Any]
) -> list[tuple[bool, Claimed]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "worker": worker_id})
        return [(row[0], _claimed(row[1:], worker_id)) for row in cursor.fetchall()]


def _claimed(row: tuple[Any, ...], worker_id: uuid.UUID) -> Claimed:
    times = (datetime.fromtimestamp(seconds, UTC) for seconds in row[-4:])
    fields: tuple[Any, ...] = (*row[:-4], *times, worker_id)
    return Claimed(*fields)
