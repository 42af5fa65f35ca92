"""`tasks list` and `tasks show`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from tasks.control.reading import Run, WholeRun
from tasks.management.console.arguments import add_filter, count, matching, run_id
from tasks.management.console.output import Output
from tasks.management.console.part import Part
from tasks.service import service

COLUMNS = ("id", "task", "queue", "status", "attempts", "enqueued", "error")
ERROR_CHARACTERS = 60
SHOWN_BELOW = ("failures", "error")


class List(Part[list[Run]]):
    name = "list"
    help = "List runs, the newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        add_filter(parser)
        parser.add_argument(
            "--limit", type=count, default=50, help="at most so many (default: %(default)s)"
        )

    def run(self, given: dict[str, Any]) -> list[Run]:
        return service.runs(matching(given), limit=given["limit"])

    def show(self, value: list[Run], out: Output) -> None:
        out.table(COLUMNS, map(_row, value), none="No run matches.")


class Show(Part[WholeRun]):
    name = "show"
    help = "Show all that is known of one run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=run_id, help="of the run")

    def run(self, given: dict[str, Any]) -> WholeRun:
        return service.show(given["id"])

    def show(self, value: WholeRun, out: Output) -> None:
        names = [name for name in WholeRun.__dataclass_fields__ if name not in SHOWN_BELOW]
        out.pairs((name, _plain(getattr(value, name))) for name in names)
        for failure in value.failures:
            out.line(f"\nAttempt {failure.attempt}: {failure.error}: {failure.message}")
            out.line(failure.traceback)


def _row(run: Run) -> tuple[Any, ...]:
    attempts = f"{run.spent}/{run.max_attempts}"
    error = _shortened((run.error or run.reason).partition("\n")[0])
    return run.id, run.task, run.queue, run.status.lower(), attempts, run.enqueued_at, error


def _shortened(text: str) -> str:
    return text if len(text) <= ERROR_CHARACTERS else f"{text[: ERROR_CHARACTERS - 1].rstrip()}…"


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


LIST, SHOW = List(), Show()
