"""One SQL text for both databases, where no more than names differ."""

import json
import uuid
from collections.abc import Collection
from typing import Any

from django.db import connection

_POSTGRESQL = {
    "now": "statement_timestamp()",
    "latest": "GREATEST",
    "ids": "(SELECT unnest(%(ids)s::uuid[]))",
    "next": "next.",
}
_SQLITE = {
    "now": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')",
    "latest": "max",
    "ids": "(SELECT value FROM json_each(%(ids)s))",
    # It returns columns of the table that is updated, and knows no alias there.
    "next": "",
}


def execute(
    sql: str, *, ids: Collection[uuid.UUID] = (), **parameters: Any
) -> list[tuple[Any, ...]]:
    """Run a statement with `{ids}`, `{now}` and the like in it; return its rows."""
    if connection.vendor == "postgresql":
        parameters["ids"] = list(ids)
        statement = sql.format(**_POSTGRESQL)
    else:
        parameters["ids"] = json.dumps([id_.hex for id_ in ids])
        statement = sql.format(**_SQLITE)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def id_of(value: Any) -> uuid.UUID:
    """Return an id as the program knows it: SQLite holds 32 hexadecimal digits."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)
