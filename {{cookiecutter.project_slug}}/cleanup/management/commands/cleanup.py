"""`manage.py cleanup`: delete now what is old, or count it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cleanup import services
from cleanup.cleaners import Cleaner, UnknownCleaner, cleaners, find


class Stopped(Exception):
    """The process was told to end."""


class Command(BaseCommand):
    help = "Deletes rows that are older than they are kept, as the nightly task does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="only these; else all")
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")

    def handle(self, *_args: Any, names: list[str], dry_run: bool, **_options: Any) -> None:
        try:
            chosen = [find(name) for name in names] or cleaners()
        except UnknownCleaner as error:
            raise CommandError(str(error)) from error
        if dry_run:
            for cleaner in chosen:
                self._say(cleaner, services.count(cleaner), "would be deleted")
        else:
            self._clean(chosen)

    def _clean(self, chosen: list[Cleaner]) -> None:
        done = 0

        def between(total: int) -> None:
            nonlocal done
            done = total
            if stopping.is_set():
                raise Stopped

        with _told_to_stop() as stopping:
            for cleaner in chosen:
                try:
                    self._say(cleaner, services.clean(cleaner, between=between), "deleted")
                except Stopped:
                    self._say(cleaner, done, "deleted; stopped, the rest is for the next time")
                    return

    def _say(self, cleaner: Cleaner, count: int, what: str) -> None:
        self.stdout.write(f"{cleaner.name}: {count} {what}")


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Have SIGTERM and Ctrl-C end the work after the batch that has begun."""
    stopping = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    former = [signal.signal(number, lambda *_: stopping.set()) for number in signals]
    try:
        yield stopping
    finally:
        for number, handler in zip(signals, former, strict=True):
            signal.signal(number, handler)
