"""Nobody who is frozen, or takes his time, holds up a transaction that many wait for."""

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection

AWAY = (OperationalError, InterfaceError, InternalError)
"""What is raised when the database is away, or has ended the session of a frozen process."""

_LOCK_NOT_AVAILABLE = "55P03"


def bound_transaction(*, idle: int, locked: int) -> None:
    """Tell PostgreSQL how patient to be with this transaction, in seconds.

    When its process says nothing for `idle`, the session is ended, and what it has locked is free
    again. A statement that waits for another transaction for `locked` fails: `was_locked()`.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, true),"
                " set_config('lock_timeout', %s, true)",
                [f"{idle}s", f"{locked}s"],
            )


def was_locked(error: DatabaseError | InterfaceError) -> bool:
    """Whether a statement failed because another transaction held for too long what it needed."""
    return getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE
