"""New runs, in the caller's transaction: one statement for any number of them."""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from tasks.ledger.rows import NewRun
from tasks.models import LIVE, TaskRun

BATCH = 1000
TRIES = 20

_INSERT = """
INSERT INTO tasks_taskrun (id, name, queue, priority, status, is_async, arguments, unique_key,
    max_attempts, run_at, enqueued_at)
{source}
ON CONFLICT DO NOTHING
RETURNING id, {enqueued_at}
"""
# One run has parameters of its own: the cheapest statement that there is for it. Many travel as one
# text, like the outcomes in `tasks.ledger.settle`: ten times the speed of so many parameters.
_ONE = """VALUES (%(id)s, %(name)s, %(queue)s, %(priority)s, %(status)s, %(is_async)s,
    %(arguments)s, %(unique_key)s, %(max_attempts)s, COALESCE({run_at}, {now}), {now})"""
_MANY = """SELECT id, name, queue, priority, status, is_async, arguments, unique_key, max_attempts,
    COALESCE(run_at, {now}), {now} FROM {rows}"""

_NOW_POSTGRESQL = "statement_timestamp()"
_EPOCH = "extract(epoch FROM enqueued_at)::float8"
_ONE_POSTGRESQL = _INSERT.format(
    source=_ONE.format(run_at="%(run_at)s::timestamptz", now=_NOW_POSTGRESQL), enqueued_at=_EPOCH
)
_MANY_POSTGRESQL = _INSERT.format(
    source=_MANY.format(
        now=_NOW_POSTGRESQL,
        rows="""json_to_recordset(%(rows)s::json) AS new(id uuid, name text, queue text,
    priority int, status text, is_async boolean, arguments text, unique_key text,
    max_attempts int, run_at timestamptz)""",
    ),
    enqueued_at=_EPOCH,
)

_NOW_SQLITE = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
_TEXT = "enqueued_at || ''"
_ONE_SQLITE = _INSERT.format(
    source=_ONE.format(run_at="%(run_at)s", now=_NOW_SQLITE), enqueued_at=_TEXT
)
_MANY_SQLITE = _INSERT.format(
    source=_MANY.format(
        now=_NOW_SQLITE,
        # "WHERE true" tells SQLite's parser that ON begins a conflict clause and not a join.
        rows="""(SELECT value ->> 'id' AS id, value ->> 'name' AS name, value ->> 'queue' AS queue,
    value ->> 'priority' AS priority, value ->> 'status' AS status,
    value ->> 'is_async' AS is_async, value ->> 'arguments' AS arguments,
    value ->> 'unique_key' AS unique_key, value ->> 'max_attempts' AS max_attempts,
    value ->> 'run_at' AS run_at FROM json_each(%(rows)s)) WHERE true""",
    ),
    enqueued_at=_TEXT,
)

_encode = json.JSONEncoder(separators=(",", ":")).encode


def insert(runs: Sequence[NewRun]) -> list[TaskRun | None]:
    """Insert runs, in order.

    For each, returns `None` when it was inserted (its `enqueued_at` is set then), or the live run
    that holds its unique key. While another transaction holds a key uncommitted, the database makes
    this one wait for its end. Raises `RuntimeError` when a key is held by a run out of sight.
    """
    if len(runs) <= BATCH:
        return _insert_batch(runs)
    with transaction.atomic():
        return [
            found
            for start in range(0, len(runs), BATCH)
            for found in _insert_batch(runs[start : start + BATCH])
        ]


def _insert_batch(runs: Sequence[NewRun]) -> list[TaskRun | None]:
    holders: dict[uuid.UUID, TaskRun] = {}
    missing = list(runs)
    for _ in range(TRIES):
        _execute(missing)
        missing = [run for run in missing if run.enqueued_at is None]
        if missing:
            holders |= dict(_holders(missing))
            # One that ended between the refusal and this look has left its key free: once more.
            missing = [run for run in missing if run.id not in holders]
        if not missing:
            return [holders.get(run.id) for run in runs]
    raise RuntimeError(f"The key {missing[0].unique_key!r} is held by a run that cannot be seen.")


def _execute(runs: Sequence[NewRun]) -> None:
    is_postgresql = connection.vendor == "postgresql"
    by_id: dict[Any, NewRun] = {run.id if is_postgresql else run.id.hex: run for run in runs}
    rows = [_row(run, is_postgresql=is_postgresql) for run in runs]
    if len(rows) == 1:
        sql, parameters = _ONE_POSTGRESQL if is_postgresql else _ONE_SQLITE, rows[0]
    else:
        sql = _MANY_POSTGRESQL if is_postgresql else _MANY_SQLITE
        parameters = {"rows": _encode(rows)}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for id_, enqueued_at in cursor.fetchall():
            by_id[id_].enqueued_at = (
                datetime.fromtimestamp(enqueued_at, UTC)
                if is_postgresql
                else datetime.fromisoformat(enqueued_at).replace(tzinfo=UTC)
            )


def _row(run: NewRun, *, is_postgresql: bool) -> dict[str, Any]:
    run_at = run.run_at
    if run_at is not None and not is_postgresql:
        # As Django stores it there: in UTC, without saying so.
        run_at = run_at.astimezone(UTC).replace(tzinfo=None)
    return {
        "id": run.id.hex,
        "name": run.name,
        "queue": run.queue,
        "priority": run.priority,
        "status": run.status.value,
        "is_async": run.is_async,
        "arguments": run.arguments,
        "unique_key": run.unique_key,
        "max_attempts": run.max_attempts,
        "run_at": None if run_at is None else str(run_at),
    }


def _holders(runs: Sequence[NewRun]) -> Iterator[tuple[uuid.UUID, TaskRun]]:
    """Yield the live run that holds its key, for each of those that were refused."""
    keys = {run.unique_key for run in runs if run.unique_key is not None}
    live = {
        run.unique_key: run for run in TaskRun.objects.filter(unique_key__in=keys, status__in=LIVE)
    }
    for run in runs:
        if run.unique_key in live:
            yield run.id, live[run.unique_key]
