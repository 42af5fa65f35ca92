"""`manage.py backup`: back up the database now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports.backups import BackupFailed, back_up
from reports.backups.shelf import backups


class Command(BaseCommand):
    help = "Backs up the database, as the nightly task does, and prints the backup's name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--list", action="store_true", help="only list the backups there are")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["list"]:
            for backup in backups():
                self.stdout.write(backup.name)
            return
        try:
            self.stdout.write(back_up())
        except (BackupFailed, OSError) as error:
            raise CommandError(str(error)) from error
