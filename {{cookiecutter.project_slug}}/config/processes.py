"""The processes of `PRODUCTION_PROCESSES` that are commands of this project."""

from typing import ClassVar

from django.core.management import call_command
from django.db import connections
from django_prodserver.backends.base import BaseProcessBackend


class Command(BaseProcessBackend):
    """Becomes a management command, with the options of the settings."""

    name: ClassVar[str]

    def start_server(self, *args: str) -> None:
        """Run until the command ends; its exit code is that of the process."""
        try:
            call_command(self.name, *args, skip_checks=False)
        finally:
            connections.close_all()


class Worker(Command):
    """Runs tasks: `manage.py worker`."""

    name = "worker"


class Timer(Command):
    """Looks after tasks: `manage.py timer`."""

    name = "timer"
