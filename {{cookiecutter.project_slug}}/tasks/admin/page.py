"""What the page of one run shows, read from its row and in few other queries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from tasks.admin.payloads import Attempt, Attempts, Payload
from tasks.admin.ties import Ties
from tasks.admin.words import between, length, moment, short
from tasks.models import RunStatus, TaskRun, Worker

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


@dataclass(frozen=True, slots=True)
class Holder:
    """The worker that held an attempt."""

    id: uuid.UUID
    name: str
    """Host and process, or the id when its row is gone."""
    is_known: bool


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """An attempt that did not succeed, as its section on the page."""

    attempt: Attempt
    error: str
    started: str
    took: str
    holder: Holder | None


class RunPage:
    """The values of one run's page."""

    def __init__(self, run: TaskRun) -> None:
        self.run = run
        self.title = short(run.name)
        self.colour = COLOURS.get(run.status, "")
        self.arguments = Payload.of_arguments(run.name, run.arguments)
        self.result = Payload.of(run.return_value)
        self.attempts = Attempts.of(run.errors)
        self.ties = Ties.of(run)
        holders = _holders(run, self.attempts)
        self.holder = holders.get(run.worker_id) if run.worker_id else None
        self.failed_attempts = [_failed(attempt, holders) for attempt in self.attempts.shown]

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


def _failed(attempt: Attempt, holders: dict[uuid.UUID, Holder]) -> FailedAttempt:
    return FailedAttempt(
        attempt=attempt,
        error=short(attempt.error),
        started=moment(attempt.started_at),
        took=length(attempt.seconds),
        holder=holders.get(attempt.worker_id) if attempt.worker_id else None,
    )


def _holders(run: TaskRun, attempts: Attempts) -> dict[uuid.UUID, Holder]:
    ids = {attempt.worker_id for attempt in attempts.shown} | {run.worker_id}
    named = {id_ for id_ in ids if id_ is not None}
    workers = Worker.objects.in_bulk(list(named))
    return {
        id_: Holder(id_, str(workers[id_]) if id_ in workers else str(id_), id_ in workers)
        for id_ in named
    }
