"""`tasks retry`, `promote`, `cancel` and `delete`: of runs that are named, or of all that match."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from tasks.control.acts import CANCEL as CANCELLING
from tasks.control.acts import DELETE as DELETING
from tasks.control.acts import PROMOTE as PROMOTING
from tasks.control.acts import RETRY as RETRYING
from tasks.control.acts import Act, Effect
from tasks.management.console.arguments import add_filter, matching, run_id
from tasks.management.console.output import Output
from tasks.management.console.part import Part
from tasks.service import Bulk, service


class Acting(Part[Effect | Bulk]):
    """One act. On all that match it is done in the background, by a worker."""

    def __init__(self, act: Act, help_: str, done: str) -> None:
        self.act, self.name, self.help, self.done = act, act.name, help_, done

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="*", type=run_id, metavar="ID", help="of runs")
        parser.add_argument("--all", action="store_true", help="all that match, instead of ids")
        parser.add_argument("--yes", action="store_true", help="with --all: do not ask")
        add_filter(parser)

    def run(self, given: dict[str, Any]) -> Effect | Bulk:
        if bool(given["ids"]) is given["all"]:
            raise CommandError(f"Say which runs to {self.name}: either their ids, or --all.")
        return self._all(given) if given["all"] else self._named(given)

    def show(self, value: Effect | Bulk, out: Output) -> None:
        if isinstance(value, Bulk):
            out.line(
                f"{_runs(value.count)} match. They are {self.done} in the background; see "
                f"`manage.py tasks show {value.run_id}`."
            )
            return
        out.line(f"{_runs(value.applied)} {self.done}.")
        if value.left:
            out.line(f"{_runs(value.left)} left: unknown, or in no state to be {self.done}.")
        for key in value.clashing:
            out.line(f"1 run left: another live run holds its unique key {key}.")

    def exit_code(self, value: Effect | Bulk) -> int:
        """Return 1 when a run that was named is left as it was."""
        return int(isinstance(value, Effect) and bool(value.left or value.clashing))

    def _named(self, given: dict[str, Any]) -> Effect:
        effect: Effect = getattr(service, self.name)(given["ids"], by=None)
        return effect

    def _all(self, given: dict[str, Any]) -> Bulk:
        meant = matching(given)
        count = service.count(self.act, meant)
        if not count:
            raise CommandError(f"No run matches that could be {self.done}.")
        if not given["yes"] and not self._confirmed(count):
            raise CommandError(f"Nothing was {self.done}.")
        bulk: Bulk = getattr(service, f"{self.name}_all")(meant, by=None)
        return bulk

    def _confirmed(self, count: int) -> bool:
        if not sys.stdin.isatty():
            raise CommandError(f"{_runs(count)} match. Add --yes to {self.name} them.")
        answer = input(f"{_runs(count)} match. {self.name.capitalize()} them? [y/N] ")
        return answer.strip().lower() in ("y", "yes")


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count:,} runs"


RETRY = Acting(RETRYING, "Give failed and cancelled runs all their attempts again.", "retried")
PROMOTE = Acting(PROMOTING, "Run scheduled runs now, before they are due.", "promoted")
CANCEL = Acting(CANCELLING, "Stop runs: those that run are asked to.", "cancelled")
DELETE = Acting(DELETING, "Delete failed and cancelled runs.", "deleted")
