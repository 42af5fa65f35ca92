"""`manage.py sandbox`: the payment provider to try the shop with, a server of its own."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo.sandbox.journal import Journal
from demo.sandbox.server import SandboxServer


class Command(BaseCommand):
    help = (
        "Runs the sandbox payment provider, which moves no money, until Ctrl-C. It stands for "
        "another company: it has its own books and reads nothing of the shop's database."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--bind",
            default="",
            help="Address and port to listen on (default: those of PAYMENT_URL).",
        )
        parser.add_argument(
            "--journal",
            type=Path,
            default=settings.BASE_DIR / "var" / "sandbox.sqlite3",
            help="The file of its books (default: var/sandbox.sqlite3).",
        )
        parser.add_argument(
            "--slow",
            type=float,
            default=3.0,
            help="Seconds that a slow bank takes (default: 3).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        address = urlsplit(f"//{options['bind']}" if options["bind"] else settings.PAYMENT_URL)
        bind = (address.hostname or "127.0.0.1", address.port or 80)
        try:
            server = SandboxServer(bind, Journal(options["journal"]), slow=options["slow"])
        except OSError as error:
            raise CommandError(f"Nobody can listen on {bind[0]}:{bind[1]}: {error}") from error
        self.stdout.write(f"ready: http://{bind[0]}:{bind[1]}, which moves no money")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("stopped")
        finally:
            server.server_close()
