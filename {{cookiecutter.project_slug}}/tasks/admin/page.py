"""What the page of one run shows, read from its row and in few other queries."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from tasks import reasons, registry
from tasks.admin.graph import Graph, graph_of
from tasks.admin.payloads import Attempt, Attempts, HowFar, Payload
from tasks.admin.story import Moment, story_of
from tasks.admin.ties import Ties
from tasks.admin.words import between, length, moment, short
from tasks.control.said import Said
from tasks.masks import MASK
from tasks.models import FINAL, RunStatus, TaskRun, Worker
from tasks.origin import Origin
from tasks.service import service

# The names under which Unfold draws a label in a colour; those of no colour are grey.
COLOURS: dict[str, str] = {
    RunStatus.SCHEDULED: "",
    RunStatus.WAITING: "",
    RunStatus.READY: "",
    RunStatus.RUNNING: "info",
    RunStatus.SUCCESSFUL: "success",
    RunStatus.FAILED: "danger",
    RunStatus.CANCELLED: "warning",
}
MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Holder:
    """The worker that held an attempt."""

    id: uuid.UUID
    name: str
    """Host and process, or the id when its row is gone."""
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An attempt, as its section on the page."""

    number: str
    title: str
    """Of one that failed, its error; else how it is."""
    message: str = ""
    error: str = ""
    traceback: str = ""
    started: str
    took: str
    holder: Holder | None
    lines: list[Said]


class RunPage:
    """The values of one run's page, as somebody may see them."""

    def __init__(self, run: TaskRun, *, shows_arguments: bool = True) -> None:
        self.run = run
        self.shows_arguments = shows_arguments
        self.title = short(run.name)
        self.colour = COLOURS.get(run.status, "")
        self.attempts = _masked(Attempts.of(run.errors), shows_arguments)
        self.how_far = HowFar.of(run.progress, shows_message=shows_arguments)

    @property
    def unique_key(self) -> str:
        """The key, which is made of arguments; empty where there is none."""
        key = self.run.unique_key or ""
        return key if self.shows_arguments or not key else MASK

    @property
    def reason(self) -> str:
        """Why it was cancelled, where nobody asked."""
        return reasons.told(self.run.reason)

    @property
    def origin(self) -> Origin:
        """The request and the trace that it belongs to."""
        return Origin.read(self.run.headers)

    # What is refreshed while somebody looks.

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.run.status in FINAL and not (self.graph and self.graph.is_live)

    @property
    def version(self) -> str:
        """Changes when other parts of the page, and what is offered there, are no longer right."""
        return f"{self.run.status}-{self.run.attempt}-{self.run.cancel_requested}"

    @property
    def is_declared(self) -> bool:
        """Whether its task has a page."""
        return registry.find(self.run.name) is not None

    @property
    def is_told_to_stop(self) -> bool:
        """Whether it runs although somebody has cancelled it."""
        return self.run.status == RunStatus.RUNNING and self.run.cancel_requested

    @property
    def took(self) -> str:
        """How long the last attempt took, or has taken so far."""
        return length(seconds_of_last_attempt(self.run, self.attempts.last))

    @property
    def moments(self) -> dict[str, str]:
        """The run's points in time, by the field that holds them."""
        names = ("run_at", "enqueued_at", "started_at", "attempted_at", "finished_at")
        return {name: moment(getattr(self.run, name)) for name in names}

    @cached_property
    def story(self) -> list[Moment]:
        """What happened to it, in order."""
        return story_of(self.run, self.attempts)

    @cached_property
    def graph(self) -> Graph | None:
        """The workflow that it is a step of."""
        return graph_of(self.run)

    @cached_property
    def ties(self) -> Ties:
        """What it is tied to."""
        return Ties.of(self.run)

    @cached_property
    def holder(self) -> Holder | None:
        """The worker that has it, or had it last."""
        return self._holders.get(self.run.worker_id) if self.run.worker_id else None

    @cached_property
    def lines_now(self) -> list[Said]:
        """What the attempt that runs has logged."""
        is_shown = self.shows_arguments and self.run.status == RunStatus.RUNNING
        return service.lines(self.run.pk, self.run.attempt, limit=MOST_LINES) if is_shown else []

    # What is not.

    @property
    def arguments(self) -> Payload | None:
        """Those of the call, what is sensitive masked."""
        if not self.shows_arguments:
            return Payload(MASK)
        return Payload.of_arguments(self.run.name, self.run.arguments)

    @property
    def result(self) -> Payload | None:
        """What the body returned."""
        return self._shown(self.run.return_value)

    @property
    def checkpoint(self) -> Payload | None:
        """What the body stored for its next attempt."""
        return self._shown(self.run.state)

    @cached_property
    def sections(self) -> list[Section]:
        """Every attempt that has ended, the newest first."""
        failed = [
            Section(
                number=attempt.number,
                title=short(attempt.error),
                message=reasons.told_of_attempt(attempt.error, attempt.message),
                error=attempt.error,
                traceback=attempt.traceback,
                started=moment(attempt.started_at),
                took=length(attempt.seconds),
                holder=self._holders.get(attempt.worker_id) if attempt.worker_id else None,
                lines=self._lines.get(attempt.number, []),
            )
            for attempt in self.attempts.shown
        ]
        return [*self._ended_otherwise(), *failed]

    def _ended_otherwise(self) -> list[Section]:
        run, last = self.run, self.attempts.last
        is_other = run.status in FINAL and not (last and last.number == str(run.attempt))
        if not is_other or run.attempted_at is None:
            return []
        number = str(run.attempt)
        return [
            Section(
                number=number,
                title=_("Succeeded") if run.status == RunStatus.SUCCESSFUL else _("Stopped"),
                started=moment(run.attempted_at),
                took=length(_seconds(between(run.attempted_at, run.finished_at))),
                holder=self.holder,
                lines=self._lines.get(number, []),
            )
        ]

    @cached_property
    def _lines(self) -> dict[str, list[Said]]:
        found: dict[str, list[Said]] = defaultdict(list)
        if self.shows_arguments:
            for line in service.lines(self.run.pk, limit=MOST_LINES):
                found[str(line.attempt)].append(line)
        return found

    @cached_property
    def _holders(self) -> dict[uuid.UUID, Holder]:
        ids = {attempt.worker_id for attempt in self.attempts.shown} | {self.run.worker_id}
        named = {id_ for id_ in ids if id_ is not None}
        workers = Worker.objects.in_bulk(list(named))
        return {
            id_: Holder(id_, str(workers[id_]) if id_ in workers else str(id_), id_ in workers)
            for id_ in named
        }

    def _shown(self, raw: str | None) -> Payload | None:
        return Payload(MASK) if raw is not None and not self.shows_arguments else Payload.of(raw)


def seconds_of_last_attempt(run: TaskRun, failure: Attempt | None) -> float | None:
    """Return how long the newest attempt took, or has taken so far; `None` when nobody knows."""
    if run.status == RunStatus.RUNNING:
        return _seconds(between(run.attempted_at, timezone.now()))
    if failure is not None and failure.number == str(run.attempt):
        return failure.seconds
    if run.status == RunStatus.SUCCESSFUL:
        return _seconds(between(run.attempted_at, run.finished_at))
    return None


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _masked(attempts: Attempts, shows_arguments: bool) -> Attempts:
    """Return the attempts without what might tell the arguments."""
    if shows_arguments:
        return attempts
    hidden = [replace(each, message=MASK, traceback=MASK) for each in attempts.shown]
    unreadable = Payload(MASK) if attempts.unreadable else None
    return replace(attempts, shown=hidden, unreadable=unreadable)
