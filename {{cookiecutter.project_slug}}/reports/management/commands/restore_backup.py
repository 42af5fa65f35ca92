"""`manage.py restore_backup`: put a backup in the place of the database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.backups import BackupFailed, RestoreRefused, restore


class Command(BaseCommand):
    help = "Puts a backup in the place of the database. Stop the site, workers and timers before."
    # It has to work on a database without a table.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="see manage.py backup --list; else the newest")
        parser.add_argument(
            "--force", action="store_true", help="delete all that is in the database now"
        )

    def handle(self, *_args: Any, name: str | None, force: bool, **_options: Any) -> None:
        try:
            restored = restore(name, force=force)
        except (BackupFailed, RestoreRefused, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{restored} is restored. If the code is newer: manage.py migrate")
