"""A claim in SQLite, which has one writer and so no rows to lock."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from tasks.ledger.lanes import PAUSED_TASKS, SHUT_QUEUES, STILL_GOOD, Lane
from tasks.ledger.rows import COLUMNS, Claimed
from tasks.ledger.turns import turn_to_write
from tasks.ledger.words import for_sqlite

_NOW = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
_CLAIM = f"""
UPDATE tasks_taskrun SET status = 'RUNNING', worker_id = %(worker)s, attempt = attempt + 1,
    spent = spent + 1, attempted_at = {_NOW},
    started_at = COALESCE(started_at, {_NOW})
WHERE status = 'READY' AND id IN ({{due}})
    AND EXISTS (SELECT 1 FROM tasks_worker WHERE id = %(worker)s AND status = 'ALIVE')
RETURNING name IN ({PAUSED_TASKS}), {COLUMNS},
    run_at || '', enqueued_at || '', started_at || '', attempted_at || ''
"""  # noqa: S608
_ALL_DUE = "SELECT id FROM ({due}) ORDER BY priority DESC, run_at, id LIMIT %(limit)s"
_DUE = f"""
SELECT * FROM (SELECT id, priority, run_at FROM tasks_taskrun
    WHERE queue = {{queue}} AND is_async = %(is_async)s AND status = 'READY' AND {{lane}}
        AND run_at <= {_NOW} AND {STILL_GOOD.format(now=_NOW)} AND {{which}} {{open}}
    ORDER BY priority DESC, run_at, id LIMIT %(limit)s)
"""  # noqa: S608
_THESE = f"""
SELECT id FROM tasks_taskrun
WHERE id IN ({{ids}}) AND NOT gated AND run_at <= {_NOW}
    AND {STILL_GOOD.format(now=_NOW)} AND {{which}} AND queue NOT IN ({SHUT_QUEUES})
"""  # noqa: S608
_LOOK = """
SELECT 1 FROM tasks_taskrun
WHERE status = 'READY' AND {lane} AND is_async = %(is_async)s AND queue IN ({queues}) LIMIT 1
"""


def claim_lane(
    lane: Lane,
    worker_id: uuid.UUID,
    queues: Sequence[str],
    which: str,
    parameters: dict[str, Any],
) -> list[tuple[bool, Claimed]]:
    """Take due runs from one lane of each queue."""
    names = {f"queue_{number}": queue for number, queue in enumerate(queues)}
    marks = [f"%({name})s" for name in names]
    due = " UNION ALL ".join(
        _DUE.format(
            queue=mark,
            lane=lane.where,
            which=which,
            open=f"AND {mark} NOT IN ({SHUT_QUEUES})" if lane.open else "",
        )
        for mark in marks
    )
    parameters |= names
    # Most looks find nothing. A look that only reads asks for no lock.
    with connection.cursor() as cursor:
        look = _LOOK.format(lane=lane.where, queues=", ".join(marks))
        cursor.execute(for_sqlite(look), parameters)
        if cursor.fetchone() is None:
            return []
    sql = _CLAIM.format(due=_ALL_DUE.format(due=due))
    return _execute(sql, worker_id, parameters)


def claim_ids(
    ids: Sequence[uuid.UUID], worker_id: uuid.UUID, which: str
) -> list[tuple[bool, Claimed]]:
    """Take those of these runs that are due."""
    names = {f"id_{number}": id_.hex for number, id_ in enumerate(ids)}
    marks = ", ".join(f"%({name})s" for name in names)
    sql = _CLAIM.format(due=_THESE.format(ids=marks, which=which))
    return _execute(sql, worker_id, dict(names))


def _execute(
    sql: str, worker_id: uuid.UUID, parameters: dict[str, Any]
) -> list[tuple[bool, Claimed]]:
    with turn_to_write(), connection.cursor() as cursor:
        cursor.execute(for_sqlite(sql), {**parameters, "worker": worker_id.hex})
        rows = cursor.fetchall()
    return [(bool(row[0]), _claimed(row[1:], worker_id)) for row in rows]


def _claimed(row: tuple[Any, ...], worker_id: uuid.UUID) -> Claimed:
    """SQLite holds ids as 32 hexadecimal digits and times in UTC without saying so."""
    times = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in row[-4:])
    group_id = None if row[-5] is None else uuid.UUID(row[-5])
    fields: tuple[Any, ...] = (uuid.UUID(row[0]), *row[1:-5], group_id, *times, worker_id)
    return Claimed(*fields)
