"""`tasks schedules`: look at schedules, switch them, run them now."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from tasks.control.timetable import ScheduleState
from tasks.management.console.output import Output
from tasks.management.console.part import Part
from tasks.service import service

COLUMNS = ("schedule", "task", "rule", "state", "next", "last", "last run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What became of a schedule."""

    name: str
    enabled: bool
    changed: bool
    """`False`: it was so already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNow:
    """A run beside the schedule's rule."""

    name: str
    run_id: uuid.UUID


class Schedules(Part[list[ScheduleState] | Switched | RunNow]):
    name = "schedules"
    help = "List the schedules, or act on one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schedule", nargs="?", metavar="NAME", help="to act on this one")
        acts = parser.add_mutually_exclusive_group()
        acts.add_argument("--pause", action="store_true", help="enqueue nothing any more")
        acts.add_argument("--resume", action="store_true", help="go on from now")
        acts.add_argument("--run", action="store_true", help="enqueue one run at once")

    def run(self, given: dict[str, Any]) -> list[ScheduleState] | Switched | RunNow:
        name, switches = given["schedule"], given["pause"] or given["resume"]
        if bool(name) is not bool(switches or given["run"]):
            raise CommandError(
                "Say both which schedule and what to do, such as `tasks schedules NAME --run`, or "
                "neither."
            )
        if given["run"]:
            return RunNow(name=name, run_id=service.run_schedule(name, by=None))
        if switches:
            changed = service.switch_schedule(name, on=given["resume"], by=None)
            return Switched(name=name, enabled=given["resume"], changed=changed)
        return service.schedules()

    def show(self, value: list[ScheduleState] | Switched | RunNow, out: Output) -> None:
        match value:
            case RunNow():
                out.line(f"Run {value.run_id} of schedule {value.name} is enqueued.")
            case Switched():
                state = "on" if value.enabled else "paused"
                already = "" if value.changed else " already"
                out.line(f"Schedule {value.name} is {state}{already}.")
            case _:
                out.table(COLUMNS, map(_row, value), none="There are no schedules.")


def _row(state: ScheduleState) -> Iterator[Any]:
    yield from (state.name, state.task, state.rule)
    yield "on" if state.enabled else "paused"
    yield from (state.next_at, state.last_at)
    yield state.last_run_id or state.last_reason


SCHEDULES = Schedules()
