"""What an engine's `tasks` module offers."""

from importlib import import_module
from typing import Protocol, cast


class Subject(Protocol):
    """An engine under measurement. Each call commits before it returns."""

    def enqueue(self) -> None:
        """Enqueue one task that does nothing."""

    def enqueue_stamp(self, enqueued_at: float) -> None:
        """Enqueue one task whose body calls `stamps.note`."""

    def has_unfinished(self) -> bool:
        """Whether the engine's own store knows a task that has not ended."""


class BulkSubject(Subject, Protocol):
    """One that can enqueue many tasks at once."""

    def enqueue_many(self, count: int) -> None:
        """Enqueue so many tasks that do nothing."""


class NapSubject(Subject, Protocol):
    """One with coroutines."""

    def enqueue_naps(self, count: int) -> None:
        """Enqueue so many coroutines that wait for a second, in one call."""


class RawSubject(Subject, Protocol):
    """One whose tasks are rows of the application's own database."""

    def insert_bare(self) -> None:
        """Insert the row of one task that does nothing, past the engine."""


def subject(package: str) -> Subject:
    """The tasks of an engine. Call `django.setup()` before."""
    return cast(Subject, import_module(f"benchmarks.engines.{package}.tasks"))
