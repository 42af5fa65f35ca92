"""RUNNING to whatever an attempt led to: many outcomes in one statement, each one fenced."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from tasks.ledger.rows import Outcome

# A run that somebody asked to stop gets no further attempt, whatever the worker knew of it.
_SETTLE_POSTGRESQL = """
UPDATE tasks_taskrun AS run SET
    status = CASE WHEN outcome.delay IS NOT NULL AND run.cancel_requested THEN 'CANCELLED'
        ELSE outcome.status END,
    return_value = outcome.return_value,
    errors = COALESCE(outcome.errors, run.errors),
    spent = run.spent - outcome.refund,
    crashes = run.crashes + outcome.crashes,
    worker_id = CASE WHEN outcome.delay IS NULL THEN run.worker_id END,
    run_at = CASE WHEN outcome.delay IS NULL THEN run.run_at
        ELSE statement_timestamp() + make_interval(secs => outcome.delay) END,
    finished_at = CASE WHEN outcome.delay IS NULL OR run.cancel_requested
        THEN statement_timestamp() END
FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::int[],
    %s::int[]) AS outcome(id, attempt, status, return_value, errors, delay, refund, crashes)
WHERE run.id = outcome.id AND run.attempt = outcome.attempt AND run.status = 'RUNNING'
RETURNING run.id
"""

_SETTLE_SQLITE = """
UPDATE tasks_taskrun SET
    status = CASE WHEN %(delay)s IS NOT NULL AND cancel_requested THEN 'CANCELLED'
        ELSE %(status)s END,
    return_value = %(return_value)s,
    errors = COALESCE(%(errors)s, errors),
    spent = spent - %(refund)s,
    crashes = crashes + %(crashes)s,
    worker_id = CASE WHEN %(delay)s IS NULL THEN worker_id END,
    run_at = CASE WHEN %(delay)s IS NULL THEN run_at
        ELSE strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', printf('%%.3f seconds', %(delay)s)) END,
    finished_at = CASE WHEN %(delay)s IS NULL OR cancel_requested
        THEN strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now') END
WHERE id = %(id)s AND attempt = %(attempt)s AND status = 'RUNNING'
"""


def settle(outcomes: Sequence[Outcome]) -> set[uuid.UUID]:
    """Write the outcomes; return the ids of those that were refused.

    An outcome is refused when its claim is over: the worker was silent past its lease and the run
    was
    given to another, whose outcome counts.
    """
    if not outcomes:
        return set()
    if connection.vendor == "postgresql":
        written = _settle_postgresql(outcomes)
    else:
        written = _settle_sqlite(outcomes)
    return {outcome.id for outcome in outcomes} - written


def _settle_postgresql(outcomes: Sequence[Outcome]) -> set[uuid.UUID]:
    columns: list[list[Any]] = [
        [outcome.id for outcome in outcomes],
        [outcome.attempt for outcome in outcomes],
        [str(outcome.status) for outcome in outcomes],
        [outcome.return_value for outcome in outcomes],
        [outcome.errors for outcome in outcomes],
        [outcome.delay for outcome in outcomes],
        [outcome.refund for outcome in outcomes],
        [outcome.crashes for outcome in outcomes],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_POSTGRESQL, columns)
        return {row[0] for row in cursor.fetchall()}


def _settle_sqlite(outcomes: Sequence[Outcome]) -> set[uuid.UUID]:
    written = set()
    with transaction.atomic(), connection.cursor() as cursor:
        for outcome in outcomes:
            parameters: dict[str, str | int | float | None] = {
                "id": outcome.id.hex,
                "attempt": outcome.attempt,
                "status": str(outcome.status),
                "return_value": outcome.return_value,
                "errors": outcome.errors,
                "delay": outcome.delay,
                "refund": outcome.refund,
                "crashes": outcome.crashes,
            }
            cursor.execute(_SETTLE_SQLITE, parameters)
            if cursor.rowcount:
                written.add(outcome.id)
    return written
