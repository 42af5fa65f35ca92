"""RUNNING to whatever an attempt led to: many outcomes in one statement, each one fenced."""

import json
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.db import connection, transaction

from tasks.ledger.follow import Followed, follow
from tasks.ledger.groups import look_after_commit
from tasks.ledger.rows import Outcome
from tasks.ledger.turns import turn_to_write

# The outcomes travel as one text. An array for each column costs more time in the driver than the
# whole statement takes, and SQLite has no arrays.
_OUTCOMES_POSTGRESQL = """json_to_recordset(%s::json) AS outcome(id uuid, attempt int, status text,
    return_value text, errors text, fingerprint text, delay float8, refund int, crashes int)"""
_OUTCOMES_SQLITE = """(SELECT value ->> 'id' AS id, value ->> 'attempt' AS attempt,
    value ->> 'status' AS status, value ->> 'return_value' AS return_value,
    value ->> 'errors' AS errors, value ->> 'fingerprint' AS fingerprint,
    value ->> 'delay' AS delay, value ->> 'refund' AS refund,
    value ->> 'crashes' AS crashes FROM json_each(%s)) AS outcome"""

# What was handed back has not started: it may still expire. A run that was asked to stop gets no
# further attempt, whatever the worker knew of it.
_SETTLE = """
UPDATE tasks_taskrun AS run SET
    status = CASE WHEN outcome.delay IS NOT NULL AND run.cancel_requested THEN 'CANCELLED'
        ELSE outcome.status END,
    return_value = outcome.return_value,
    errors = COALESCE(outcome.errors, run.errors),
    fingerprint = outcome.fingerprint,
    spent = run.spent - COALESCE(outcome.refund, 0),
    crashes = run.crashes + COALESCE(outcome.crashes, 0),
    worker_id = CASE WHEN outcome.delay IS NULL THEN run.worker_id END,
    run_at = CASE WHEN outcome.delay > 0 THEN {later} ELSE run.run_at END,
    started_at = CASE WHEN outcome.status = 'READY' AND outcome.refund = 1 AND run.spent = 1
        AND run.errors = '[]' THEN NULL ELSE run.started_at END,
    finished_at = CASE WHEN outcome.delay IS NULL OR run.cancel_requested THEN {now} END
FROM {outcomes}
WHERE run.id = outcome.id AND run.attempt = outcome.attempt AND run.status = 'RUNNING'
RETURNING {id}
"""
_SETTLE_POSTGRESQL = _SETTLE.format(
    id="run.id",
    now="statement_timestamp()",
    later="statement_timestamp() + make_interval(secs => outcome.delay)",
    outcomes=_OUTCOMES_POSTGRESQL,
)
_SETTLE_SQLITE = _SETTLE.format(
    id="id",
    now="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
    later="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', printf('%%.3f seconds', outcome.delay))",
    outcomes=_OUTCOMES_SQLITE,
)

_encode = json.JSONEncoder(separators=(",", ":")).encode


def settle(outcomes: Sequence[Outcome]) -> set[uuid.UUID]:
    """Write the outcomes; return the ids of those that were refused.

    What waits for these runs is released or cancelled in the same transaction. Groups that have
    ended with them are ended after it: they have a lock of their own.

    An outcome is refused when its claim is over: the worker was silent past its lease and the run
    was given to another, whose outcome counts.
    """
    if not outcomes:
        return set()
    leading = [outcome.id for outcome in outcomes if outcome.leads]
    followed = Followed()
    with turn_to_write(), transaction.atomic() if leading else nullcontext():
        written = _write(outcomes)
        if leading:
            followed += follow(leading)
    followed.groups |= {outcome.group_id for outcome in outcomes if outcome.group_id is not None}
    look_after_commit(followed)
    if len(written) == len(outcomes):
        return set()
    if connection.vendor != "postgresql":
        written = {uuid.UUID(text) for text in written}
    return {outcome.id for outcome in outcomes} - written


def _write(outcomes: Sequence[Outcome]) -> set[Any]:
    """Return the ids of those that were written, as the database holds them."""
    is_postgresql = connection.vendor == "postgresql"
    rows = _encode([_row(outcome) for outcome in outcomes])
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_POSTGRESQL if is_postgresql else _SETTLE_SQLITE, [rows])
        return {row[0] for row in cursor.fetchall()}


def _row(outcome: Outcome) -> dict[str, Any]:
    """Return what a statement needs to know of an outcome: most of them are plain successes."""
    row: dict[str, Any] = {
        "id": outcome.id.hex,
        "attempt": outcome.attempt,
        "status": outcome.status.value,
        "return_value": outcome.return_value,
    }
    if outcome.errors is not None:
        row["errors"] = outcome.errors
    if outcome.fingerprint is not None:
        row["fingerprint"] = outcome.fingerprint
    if outcome.delay is not None:
        row["delay"] = outcome.delay
    if outcome.refund:
        row["refund"] = outcome.refund
    if outcome.crashes:
        row["crashes"] = outcome.crashes
    return row
