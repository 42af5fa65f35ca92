"""Runs that should have started: found by a few looks into the index, however much waits there."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from tasks.ledger.pulse import READY_QUEUES
from tasks.ledger.words import for_sqlite

# In the index of what is ready, the first of its queue, kind and priority waits longest. What
# people limited or paused is left out: it waits on purpose.
_PAUSED = "SELECT name FROM tasks_gate WHERE paused_at IS NOT NULL AND kind ="
_READY = "run.status = 'READY' AND NOT run.gated AND run.queue = {0}.queue"
_OVERDUE = f"""
{READY_QUEUES},
levels(queue, is_async, priority) AS (
    SELECT seen.queue, kind.is_async, (
        SELECT max(run.priority) FROM tasks_taskrun AS run
        WHERE {_READY.format("seen")} AND run.is_async = kind.is_async)
    FROM seen CROSS JOIN (SELECT false AS is_async UNION ALL SELECT true) AS kind
    WHERE seen.queue IS NOT NULL AND seen.queue NOT IN ({_PAUSED} 'QUEUE')
    UNION ALL
    SELECT levels.queue, levels.is_async, (
        SELECT max(run.priority) FROM tasks_taskrun AS run
        WHERE {_READY.format("levels")} AND run.is_async = levels.is_async
            AND run.priority < levels.priority)
    FROM levels WHERE levels.priority IS NOT NULL)
SELECT queue, {{since}} FROM (
    SELECT levels.queue, (
        SELECT run.run_at FROM tasks_taskrun AS run
        WHERE {_READY.format("levels")} AND run.is_async = levels.is_async
            AND run.priority = levels.priority AND run.run_at < {{before}}
            AND run.name <> %(but)s AND run.name NOT IN ({_PAUSED} 'TASK')
        ORDER BY run.run_at, run.id LIMIT 1) AS run_at
    FROM levels WHERE levels.priority IS NOT NULL) AS firsts
WHERE run_at IS NOT NULL GROUP BY queue ORDER BY queue LIMIT %(most)s
"""  # noqa: S608 - constants of this package only
_OVERDUE_POSTGRESQL = _OVERDUE.format(
    since="extract(epoch FROM min(run_at))::float8",
    before="statement_timestamp() - make_interval(secs => %(seconds)s)",
)
_OVERDUE_SQLITE = for_sqlite(
    _OVERDUE.format(
        since="min(run_at) || ''",
        before="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', printf('-%%.3f seconds', %(seconds)s))",
    )
)


def overdue(seconds: float, *, but: str, most: int) -> dict[str, datetime]:
    """Return the queues in which a run has been ready for so many seconds, and since when.

    Queues and tasks that are paused, runs behind a gate and runs of the task `but` do not count; at
    most `most` queues are returned.
    """
    sql = _OVERDUE_POSTGRESQL if connection.vendor == "postgresql" else _OVERDUE_SQLITE
    parameters: dict[str, Any] = {"seconds": float(seconds), "but": but, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return {queue: _moment(since) for queue, since in cursor.fetchall()}


def _moment(since: float | str) -> datetime:
    if isinstance(since, str):
        return datetime.fromisoformat(since).replace(tzinfo=UTC)
    return datetime.fromtimestamp(since, UTC)
