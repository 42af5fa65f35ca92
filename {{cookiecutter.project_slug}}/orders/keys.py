"""Who answers an idempotency key right now: one request at a time."""

import hashlib

from django.db import connection


def take(*, user_id: int, key: str) -> bool:
    """Take a customer's key until the transaction ends; `False` if another request holds it.

    PostgreSQL frees the lock when the request's process dies. SQLite lets one transaction write at
    a time: whoever has begun there is alone, and those that come meanwhile wait.
    """
    if connection.vendor != "postgresql":
        return True
    digest = hashlib.sha256(f"order:{user_id}:{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)]
        )
        return bool(cursor.fetchone()[0])
