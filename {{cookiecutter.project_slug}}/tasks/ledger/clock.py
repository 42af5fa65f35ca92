"""What time it is: the database says, so that all machines agree."""

from datetime import UTC, datetime

from django.db import connection


def now() -> datetime:
    """Return the time of the database, in UTC."""
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement_timestamp()"
            if is_postgresql
            else "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
        )
        (time,) = cursor.fetchone()
    return time.astimezone(UTC) if is_postgresql else datetime.fromisoformat(f"{time}+00:00")
