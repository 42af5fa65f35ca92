"""`manage.py demo`: the whole shop in one terminal."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from demo import seed
from demo.address import NoPort, claimed
from demo.console import wants_colour
from demo.guard import refusal
from demo.removal.removing import remove_the_shop
from demo.show import Show


class Command(BaseCommand):
    help = (
        "Fills the database with a small shop, then runs the site, a worker and the timer in this "
        "terminal until Ctrl-C. Never in production: it creates an administrator whose password "
        "everybody knows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=8000,
            help="The site's port; when it is taken, the next free one (default: 8000).",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Stop as soon as every seeded order has ended and every mail is sent; exit 1 and "
            "say why when one is not.",
        )
        parser.add_argument(
            "--seed",
            action="store_true",
            help="Only fill the database, whose tables are there, and say how to log in.",
        )
        parser.add_argument(
            "--host",
            default="",
            help="With --seed: a database on this host is mine, too, such as that of a container.",
        )
        parser.add_argument(
            "--remove",
            action="store_true",
            help="Take the shop out of the project for good: orders, exports, the demo, the daily "
            "report. Tasks, accounts, mails, cleanup and backups stay.",
        )
        parser.add_argument("--yes", action="store_true", help="With --remove: do not ask first.")
        parser.add_argument(
            "--timeout",
            type=float,
            default=60.0,
            help="With --check: how many seconds to wait for that (default: 60).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self._remove(ask=not options["yes"])
            return
        reason = refusal(mine=options["host"] if options["seed"] else "")
        if reason:
            raise CommandError(reason)
        if options["seed"]:
            self._seed()
            return
        try:
            with claimed(options["port"]) as port:
                self._run(port, options)
        except NoPort as error:
            raise CommandError(str(error)) from error

    def _run(self, port: int, options: dict[str, Any]) -> None:
        show = Show(port=port, colour=not options["no_color"] and wants_colour(sys.stdout))
        if options["check"]:
            show.check(within=options["timeout"])
        else:
            show.run()

    def _seed(self) -> None:
        self.stdout.write(seed.plant())
        seed.plant_admin()
        self.stdout.write(
            f"The shop: {settings.SITE_URL}/\nThe dashboard: {settings.SITE_URL}/admin/ "
            f"(log in as {seed.ADMIN_LOGIN}, password {seed.ADMIN_PASSWORD})"
        )

    def _remove(self, *, ask: bool) -> None:
        if not settings.DEBUG:
            raise CommandError("The shop is removed from a checkout in development: DEBUG is off.")
        root = Path(settings.BASE_DIR)
        self.stdout.write(f"This deletes and changes files in {root}: commit your work first.")
        if ask and not _says_yes("Remove the shop? [y/N] "):
            raise CommandError("Nothing was changed.")
        for line in remove_the_shop(root):
            self.stdout.write(f"  {line}")
        self.stdout.write(
            "The shop is gone. Its tables are not: begin with a new database, "
            "then look at what is left: make lint check sqlite"
        )


def _says_yes(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        # Nobody is there to say it.
        return False
