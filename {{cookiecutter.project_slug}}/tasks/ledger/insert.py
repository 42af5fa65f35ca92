"""New runs, in the caller's transaction: one statement for any number of them."""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from tasks.ledger.rows import NewRun, Ties
from tasks.models import LIVE, TaskRun

BATCH = 1000
TRIES = 20

_COLUMNS = (
    "id, name, queue, priority, status, is_async, gated, arguments, unique_key, max_attempts, "
    "headers"
)
_TIES = (
    "workflow_id, group_id, position, after_run_id, after_group_id, takes_result, regardless, leads"
)
_CONFLICT = "ON CONFLICT DO NOTHING RETURNING id, {enqueued_at}"

# One run has parameters of its own: the cheapest statement that there is for it.
_ONE = f"""
INSERT INTO tasks_taskrun ({_COLUMNS}, run_at, enqueued_at, expires_at)
VALUES (%(id)s, %(name)s, %(queue)s, %(priority)s, %(status)s, %(is_async)s, %(gated)s,
    %(arguments)s, %(unique_key)s, %(max_attempts)s, %(headers)s,
    COALESCE({{run_at}}, {{now}}), {{now}}, {{expires_at}})
{_CONFLICT}
"""  # noqa: S608 - constants of this module only

# Many, and those of a workflow, travel as one text, like the outcomes in `tasks.ledger.settle`: ten
# times the speed of so many parameters.
_MANY = f"""
INSERT INTO tasks_taskrun ({_COLUMNS}, {_TIES}, run_at, enqueued_at, expires_at)
SELECT {_COLUMNS}, workflow_id, group_id, position, after_run_id, after_group_id,
    COALESCE(takes_result, false), COALESCE(regardless, false), COALESCE(leads, false),
    COALESCE({{run_at}}, {{now}}), {{now}}, {{expires_at}}
FROM {{rows}}
{_CONFLICT}
"""  # noqa: S608

_POSTGRESQL = {
    "now": "statement_timestamp()",
    "enqueued_at": "extract(epoch FROM enqueued_at)::float8",
}
# Counted from when it is due.
_EXPIRES_POSTGRESQL = """GREATEST({run_at}, statement_timestamp())
    + make_interval(secs => {expires_after})"""
_ONE_POSTGRESQL = _ONE.format(
    run_at="%(run_at)s::timestamptz",
    expires_at=_EXPIRES_POSTGRESQL.format(
        run_at="%(run_at)s::timestamptz", expires_after="%(expires_after)s::float8"
    ),
    **_POSTGRESQL,
)
_MANY_POSTGRESQL = _MANY.format(
    run_at="run_at",
    expires_at=_EXPIRES_POSTGRESQL.format(run_at="run_at", expires_after="expires_after"),
    rows="""json_to_recordset(%(rows)s::json) AS new(id uuid, name text, queue text,
    priority int, status text, is_async boolean, gated boolean, arguments text, unique_key text,
    max_attempts int, headers text, workflow_id uuid, group_id uuid, position int,
    after_run_id uuid, after_group_id uuid, takes_result boolean, regardless boolean,
    leads boolean, run_at timestamptz, expires_after float8)""",
    **_POSTGRESQL,
)

_SQLITE = {
    "now": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
    "enqueued_at": "enqueued_at || ''",
}
_EXPIRES_SQLITE = """CASE WHEN {expires_after} IS NOT NULL THEN
    strftime('%%Y-%%m-%%d %%H:%%M:%%f', MAX(COALESCE({run_at}, ''), {now}),
        printf('%%.3f seconds', {expires_after})) END"""
_ONE_SQLITE = _ONE.format(
    run_at="%(run_at)s",
    expires_at=_EXPIRES_SQLITE.format(
        run_at="%(run_at)s", expires_after="%(expires_after)s", now=_SQLITE["now"]
    ),
    **_SQLITE,
)
_FIELDS_SQLITE = ", ".join(
    f"value ->> '{name}' AS {name}"
    for name in f"{_COLUMNS}, {_TIES}, run_at, expires_after".split(", ")
)
_MANY_SQLITE = _MANY.format(
    run_at="run_at",
    expires_at=_EXPIRES_SQLITE.format(
        run_at="run_at", expires_after="expires_after", now=_SQLITE["now"]
    ),
    # "WHERE true" tells SQLite's parser that ON begins a conflict clause and not a join.
    rows=f"(SELECT {_FIELDS_SQLITE} FROM json_each(%(rows)s)) WHERE true",  # noqa: S608
    **_SQLITE,
)

_TIES_NAMES = tuple(field.name for field in fields(Ties))
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
    if len(rows) == 1 and runs[0].workflow is None:
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
    row: dict[str, Any] = {
        "id": run.id.hex,
        "name": run.name,
        "queue": run.queue,
        "priority": run.priority,
        "status": run.status.value,
        "is_async": run.is_async,
        "gated": run.gated,
        "arguments": run.arguments,
        "unique_key": run.unique_key,
        "max_attempts": run.max_attempts,
        "headers": run.headers,
        "run_at": _time(run.run_at, is_postgresql=is_postgresql),
        "expires_after": run.expires_after,
    }
    if run.workflow is not None:
        row |= _ties(run.workflow)
    return row


def _ties(ties: Ties) -> dict[str, Any]:
    """Ids as 32 hexadecimal digits: SQLite stores them so, PostgreSQL understands them."""
    # Not `asdict()`: it copies the ids, which takes longer than all else that is done with a run.
    given = {name: getattr(ties, name) for name in _TIES_NAMES}
    return {
        name: value.hex if isinstance(value, uuid.UUID) else value
        for name, value in given.items()
        if value is not None
    }


def _time(moment: datetime | None, *, is_postgresql: bool) -> str | None:
    if moment is None:
        return None
    # SQLite has no time zones: Django stores UTC there, without saying so.
    return str(moment if is_postgresql else moment.astimezone(UTC).replace(tzinfo=None))


def _holders(runs: Sequence[NewRun]) -> Iterator[tuple[uuid.UUID, TaskRun]]:
    """Yield the live run that holds its key, for each of those that were refused."""
    keys = {run.unique_key for run in runs if run.unique_key is not None}
    live = {
        run.unique_key: run for run in TaskRun.objects.filter(unique_key__in=keys, status__in=LIVE)
    }
    for run in runs:
        if run.unique_key in live:
            yield run.id, live[run.unique_key]
