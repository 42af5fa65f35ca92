"""The engine under test: what it and the database below it can do, and how its own server is
disturbed, if it has one."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from django.db import connection

from tasks.engine import engine


class Carrier(Protocol):
    """The server that carries an engine's messages, to be disturbed.

    An engine that has one brings `tests/engine/carrier.py` with a `carrier` in it.
    """

    def lose_messages(self) -> int:
        """Lose all that waits; return how many messages that were."""

    def send_nonsense(self) -> int:
        """Send messages that no worker understands; return how many."""

    def away(self) -> AbstractContextManager[None]:
        """Be out of reach for everybody for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderTest:
    """What the suite may expect, and what it need not ask for."""

    engine: str
    """For reports only. No test asks for a name."""
    database: str
    """`postgresql` or `sqlite`."""
    has_carrier: bool
    """Whether messages travel through a server of the engine's own, which may lose them."""

    @property
    def second_start_seconds(self) -> float:
        """How soon a run starts again whose worker was lost with its whole machine."""
        return 6.0 if self.database == "postgresql" and not self.has_carrier else 25.0

    @property
    def has_connections(self) -> bool:
        """Whether the database is reached through connections that can be cut."""
        return self.database == "postgresql"

    @property
    def writers_wait(self) -> bool:
        """Whether an open transaction that has written keeps all others from writing."""
        return self.database == "sqlite"

    def carrier(self) -> Carrier:
        """Return the engine's own server."""
        carrier: Carrier = import_module("tests.engine.carrier").carrier
        return carrier


under_test = UnderTest(
    engine=engine.name, database=connection.vendor, has_carrier=engine.needs_second_ring
)
