"""`manage.py cleanup`: delete now what is old, or count it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cleanup import services


class Stopped(Exception):
    """The process was told to end."""


class Command(BaseCommand):
    help = "Deletes rows that are older than they are kept, as is done every night."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="only these; else all")
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")

    def handle(self, *_args: Any, names: list[str], dry_run: bool, **_options: Any) -> None:
        kinds = names or services.kinds()
        if unknown := [name for name in kinds if name not in services.kinds()]:
            known = ", ".join(services.kinds())
            raise CommandError(f"There is no cleaner {unknown[0]!r}. There are: {known}.")
        if dry_run:
            for kind in kinds:
                self._say(kind, services.count(kind), "would be deleted")
        else:
            self._clean(kinds)

    def _clean(self, kinds: list[str]) -> None:
        done = 0

        def between(total: int) -> None:
            nonlocal done
            done = total
            if stopping.is_set():
                raise Stopped

        with _told_to_stop() as stopping:
            for kind in kinds:
                done = 0
                try:
                    self._say(kind, services.clean_kind(kind, between=between), "deleted")
                except Stopped:
                    self._say(kind, done, "deleted; stopped, the rest is for the next time")
                    return

    def _say(self, kind: str, count: int, what: str) -> None:
        self.stdout.write(f"{kind}: {count} {what}")


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
