"""What every new connection to PostgreSQL is told.

Its just-in-time compiler is for reports over many rows. The queries of a site and its workers read
a few through an index, but PostgreSQL takes some of them for long ones: what the health check asks
in half a millisecond is then compiled for fifty. It is said by a statement: as an option of the
connection, PgBouncer would refuse it.
"""

from typing import Any
from weakref import WeakSet

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

_told: WeakSet[Any] = WeakSet()


@receiver(connection_created)
def compile_nothing(connection: BaseDatabaseWrapper, **_more: Any) -> None:
    """Tell it; one that comes from the pool again knows."""
    if connection.vendor != "postgresql" or connection.connection in _told:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    _told.add(connection.connection)
