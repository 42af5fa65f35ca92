"""A process that is frozen with rows locked must not hold up the others."""

from django.db import InterfaceError, InternalError, OperationalError, connection

AWAY = (OperationalError, InterfaceError, InternalError)
"""What is raised when the database is away, or has ended the session of a frozen process."""


def end_transaction_if_idle(seconds: int) -> None:
    """Let PostgreSQL end this transaction if its process says nothing for so long: what it has
    locked becomes free again."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, true)",
                [f"{seconds}s"],
            )
