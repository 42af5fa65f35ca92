"""`manage.py tasks`: look at background work, and act on it."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connection

from tasks.errors import (
    ArgumentsDoNotFit,
    ArgumentsNotJSON,
    ArgumentsTooLarge,
    InvalidSchedule,
    UniqueRunExists,
    UnknownQueue,
    UnknownRun,
    UnknownSchedule,
    UnknownTask,
    UnknownWorker,
)
from tasks.management.console import PARTS
from tasks.management.console.output import Output

# What can be wrong with what was typed; their texts are made for people.
MISTAKES = (
    ArgumentsDoNotFit,
    ArgumentsNotJSON,
    ArgumentsTooLarge,
    InvalidSchedule,
    UniqueRunExists,
    UnknownQueue,
    UnknownRun,
    UnknownSchedule,
    UnknownTask,
    UnknownWorker,
)


class Command(BaseCommand):
    help = "Looks at background work, and acts on it."
    # Asked every few seconds, as a container's health check is, these would cost more than it does.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="COMMAND")
        for name, part in PARTS.items():
            own = parts.add_parser(name, help=part.help, description=part.help)
            own.add_argument("--json", action="store_true", help="as JSON, for programs")
            part.add_arguments(own)

    def handle(self, *_args: Any, **given: Any) -> None:
        part = PARTS[given["part"]]
        if connection.connection is None:
            # A pool goes on trying for all of its time-out; one connection fails at once.
            connection.settings_dict["OPTIONS"].pop("pool", None)
        colour = not given["no_color"] and not os.environ.get("NO_COLOR")
        out = Output(self.stdout, colour=colour)
        try:
            value = part.run(given)
        except MISTAKES as error:
            raise CommandError(str(error)) from error
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The database refused: {str(error).partition('\n')[0]}") from error
        if given["json"]:
            out.json(value)
        else:
            part.show(value, out)
        if code := part.exit_code(value):
            sys.exit(code)
