"""Runs that should have started: a look by index into each queue, however much waits there."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection

from tasks.ledger.pulse import READY_QUEUES

# The first in the order of a claim. What people limited or paused is left out: it waits on purpose.
_PAUSED = "SELECT name FROM tasks_gate WHERE paused_at IS NOT NULL AND kind ="
_OVERDUE = f"""
{READY_QUEUES}
SELECT queue, since FROM (
    SELECT seen.queue, (
        SELECT {{since}} FROM tasks_taskrun AS run
        WHERE run.status = 'READY' AND NOT run.gated AND run.queue = seen.queue
            AND run.run_at < {{before}} AND run.name <> %(but)s
            AND run.name NOT IN ({_PAUSED} 'TASK')
        ORDER BY run.is_async, run.priority DESC, run.run_at, run.id LIMIT 1) AS since
    FROM seen WHERE seen.queue IS NOT NULL AND seen.queue NOT IN ({_PAUSED} 'QUEUE')) AS queues
WHERE since IS NOT NULL ORDER BY queue LIMIT %(most)s
"""  # noqa: S608 - constants of this package only
_OVERDUE_POSTGRESQL = _OVERDUE.format(
    since="extract(epoch FROM run.run_at)::float8",
    before="statement_timestamp() - make_interval(secs => %(seconds)s)",
)
_OVERDUE_SQLITE = _OVERDUE.format(
    since="run.run_at || ''",
    before="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', printf('-%%.3f seconds', %(seconds)s))",
)


def overdue(seconds: float, *, but: str, most: int) -> dict[str, datetime]:
    """Return the queues whose next run has been ready for so many seconds, and since when.

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
