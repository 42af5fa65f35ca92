"""`tasks pause`, `tasks resume` and `tasks limit`."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandParser

from tasks.management.console.arguments import count
from tasks.management.console.output import Output
from tasks.management.console.part import Part
from tasks.models import GateKind
from tasks.service import service


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a queue or task."""

    kind: str
    name: str
    changed: bool
    """`False`: it was so already."""
    limit: int | None = None


class Gating(Part[Change]):
    """Pause or resume."""

    def __init__(self, name: str, help_: str, apply: Callable[..., bool], done: str) -> None:
        self.name, self.help, self.apply, self.done = name, help_, apply, done

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", help="a queue; with --task, the dotted path of a task")
        parser.add_argument("--task", action="store_true", help="a task instead of a queue")

    def run(self, given: dict[str, Any]) -> Change:
        kind = GateKind.TASK if given["task"] else GateKind.QUEUE
        changed = self.apply(kind, given["target"], by=None)
        return Change(kind=kind.lower(), name=given["target"], changed=changed)

    def show(self, value: Change, out: Output) -> None:
        state = self.done if value.changed else f"{self.done} already"
        out.line(f"{value.kind.capitalize()} {value.name} is {state}.")


class Limit(Part[Change]):
    name = "limit"
    help = "Run at most so many of a queue at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", help="its name")
        parser.add_argument("most", type=_limit, help="a whole number, or `none`")

    def run(self, given: dict[str, Any]) -> Change:
        most = given["most"] or None
        changed = service.set_limit(given["queue"], most, by=None)
        return Change(kind="queue", name=given["queue"], changed=changed, limit=most)

    def show(self, value: Change, out: Output) -> None:
        limit = "has no limit" if value.limit is None else f"runs at most {value.limit:,} at once"
        out.line(f"Queue {value.name} {limit}{'' if value.changed else ' already'}.")


def _limit(text: str) -> int:
    """Read a limit; 0 stands for none."""
    if text.lower() == "none":
        return 0
    try:
        return count(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}; `none` takes the limit away") from None


PAUSE = Gating(
    "pause", "Let no run of a queue or task start; what runs may finish.", service.pause, "paused"
)
RESUME = Gating("resume", "Let runs start again.", service.resume, "open")
LIMIT = Limit()
