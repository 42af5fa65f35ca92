"""New runs, in the caller's transaction: one statement for any number of them."""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from tasks.ledger.insert_sql import insert_many, insert_one
from tasks.ledger.rows import NewRun, Ties
from tasks.models import LIVE, TaskRun

BATCH = 1000
TRIES = 20

_SPELLED = ("priority", "status", "is_async", "gated", "max_attempts")
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
    if len(runs) == 1 and runs[0].workflow is None:
        _execute_one(runs[0], is_postgresql=is_postgresql)
    else:
        _execute_many(runs, is_postgresql=is_postgresql)


def _execute_one(run: NewRun, *, is_postgresql: bool) -> None:
    row = _row(run, is_postgresql=is_postgresql)
    # What is not said is false or NULL: the defaults of the table.
    spelled = tuple([(name, value) for name in _SPELLED if (value := row.pop(name)) is not False])
    given = tuple([name for name, value in row.items() if value is not None])
    with connection.cursor() as cursor:
        cursor.execute(insert_one(given, spelled, is_postgresql=is_postgresql), row)
        if inserted := cursor.fetchone():
            run.enqueued_at = _moment(inserted[0], is_postgresql=is_postgresql)


def _execute_many(runs: Sequence[NewRun], *, is_postgresql: bool) -> None:
    by_id: dict[Any, NewRun] = {run.id if is_postgresql else run.id.hex: run for run in runs}
    rows = [_row(run, is_postgresql=is_postgresql) for run in runs]
    with connection.cursor() as cursor:
        cursor.execute(insert_many(is_postgresql=is_postgresql), {"rows": _encode(rows)})
        for id_, enqueued_at in cursor.fetchall():
            by_id[id_].enqueued_at = _moment(enqueued_at, is_postgresql=is_postgresql)


def _moment(enqueued_at: Any, *, is_postgresql: bool) -> datetime:
    """Read what the database says: the seconds of the epoch, or SQLite's text."""
    if is_postgresql:
        return datetime.fromtimestamp(enqueued_at, UTC)
    return datetime.fromisoformat(enqueued_at).replace(tzinfo=UTC)


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
