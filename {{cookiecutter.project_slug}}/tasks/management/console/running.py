"""`tasks run` and `tasks prune`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from tasks.control.reading import WholeRun
from tasks.errors import WaitTimeout
from tasks.management.console.arguments import json_of, span
from tasks.management.console.output import Output
from tasks.management.console.part import Part
from tasks.models import RunStatus
from tasks.service import service


class Run(Part[WholeRun]):
    name = "run"
    help = "Enqueue a task by its dotted path."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("task", help="its dotted path, such as emails.tasks.deliver")
        # Django keeps the name `args` for itself.
        parser.add_argument(
            "--args", type=json_of(list), default=[], dest="values", help="a JSON list"
        )
        parser.add_argument(
            "--kwargs", type=json_of(dict), default={}, dest="named", help="a JSON object"
        )
        parser.add_argument(
            "--wait", type=span, metavar="SPAN", help="for its end, such as 30s; a failure is 1"
        )

    def run(self, given: dict[str, Any]) -> WholeRun:
        result = service.enqueue(given["task"], given["values"], given["named"], by=None)
        if given["wait"]:
            try:
                result.wait(given["wait"].total_seconds())
            except WaitTimeout as error:
                raise CommandError(str(error)) from error
        return service.show(uuid.UUID(result.id))

    def show(self, value: WholeRun, out: Output) -> None:
        out.line(f"Run {value.id} of {value.task} is {value.status.lower()}.")
        if value.status == RunStatus.SUCCESSFUL:
            out.pairs([("result", value.return_value)])
        elif value.error:
            out.line(value.error)

    def exit_code(self, value: WholeRun) -> int:
        return int(value.status in (RunStatus.FAILED, RunStatus.CANCELLED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was deleted."""

    rows: int
    deleted: bool = True


class Prune(Part[Pruned]):
    name = "prune"
    help = "Delete history that is older than it is kept, as the timer does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count runs, and delete nothing")

    def run(self, given: dict[str, Any]) -> Pruned:
        if given["dry_run"]:
            return Pruned(rows=service.count_old(), deleted=False)
        return Pruned(rows=service.prune())

    def show(self, value: Pruned, out: Output) -> None:
        what = "rows deleted" if value.deleted else "runs would be deleted"
        out.line(f"{value.rows:,} {what}.")


RUN, PRUNE = Run(), Prune()
