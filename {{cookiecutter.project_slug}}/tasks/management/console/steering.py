"""`tasks quiet`, `tasks wake` and `tasks stop`: of worker processes that are named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from tasks.control.workforce import WorkerState
from tasks.errors import UnknownWorker
from tasks.management.console.output import Output
from tasks.management.console.part import Part
from tasks.models import Wish
from tasks.service import service


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of the wish."""

    process: str
    wish: str
    changed: bool
    """`False`: it was asked already, or has been asked to stop."""


class Steering(Part[list[Asked]]):
    """Ask something of workers."""

    def __init__(self, name: str, wish: Wish, help_: str) -> None:
        self.name, self.wish, self.help = name, wish, help_

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "processes", nargs="+", metavar="PROCESS", help="as `tasks workers` lists it, or its id"
        )

    def run(self, given: dict[str, Any]) -> list[Asked]:
        present = service.workers()
        return [self._ask(_named(name, present)) for name in given["processes"]]

    def show(self, value: list[Asked], out: Output) -> None:
        for asked in value:
            state = "is asked" if asked.changed else "was asked already, or is stopping:"
            out.line(f"Worker {asked.process} {state} to {asked.wish}.")

    def _ask(self, worker: WorkerState) -> Asked:
        changed = service.ask_worker(worker.id, self.wish, by=None)
        name = f"{worker.host}:{worker.pid}"
        return Asked(process=name, wish=str(self.wish.label).lower(), changed=changed)


def _named(name: str, present: list[WorkerState]) -> WorkerState:
    found = [each for each in present if name in (f"{each.host}:{each.pid}", str(each.id))]
    if not found:
        raise UnknownWorker(f"There is no worker {name!r}. `manage.py tasks workers` lists all.")
    if len(found) > 1:
        ids = ", ".join(str(each.id) for each in found)
        raise CommandError(f"{name} is more than one worker. Name it by its id: {ids}.")
    return found[0]


QUIET = Steering("quiet", Wish.QUIET, "Let workers finish what they hold and take nothing new.")
WAKE = Steering("wake", Wish.WORK, "Let quiet workers take work again.")
STOP = Steering("stop", Wish.STOP, "Let workers finish what they hold and leave.")
