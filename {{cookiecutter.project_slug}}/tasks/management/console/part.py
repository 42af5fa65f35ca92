"""What every part of `manage.py tasks` is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import CommandParser

from tasks.management.console.output import Output


class Part[T](ABC):
    """One sub-command: a value from the service, shown to people or as JSON."""

    name: str
    help: str

    def add_arguments(self, parser: CommandParser) -> None:  # noqa: B027 - many take none
        """Say what it takes."""

    @abstractmethod
    def run(self, given: dict[str, Any]) -> T:
        """Do it, and return what there is to show."""

    @abstractmethod
    def show(self, value: T, out: Output) -> None:
        """Show it to a person."""

    def exit_code(self, _value: T) -> int:
        """Return what the command tells the shell."""
        return 0
