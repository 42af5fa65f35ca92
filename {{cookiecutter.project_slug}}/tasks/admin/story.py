"""What happened to a run, in order: enqueued, due, each attempt, its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from tasks import reasons
from tasks.admin.payloads import Attempts
from tasks.admin.words import between, length, moment, short
from tasks.models import FINAL, RunStatus, TaskRun

LATE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened."""

    title: str
    at: datetime | None
    look: str = ""
    """The class that colours it."""
    note: str = ""

    @property
    def time(self) -> str:
        """When, to the second."""
        return moment(self.at)


def story_of(run: TaskRun, attempts: Attempts) -> list[Moment]:
    """Return what is known, the oldest first. A retry by a person leaves no mark in the row."""
    told = [Moment(title=_("Enqueued"), at=run.enqueued_at)]
    told += [
        Moment(
            title=_("Attempt %(number)s failed") % {"number": attempt.number},
            at=_ended(attempt.started_at, attempt.seconds),
            look="failed",
            note=_("%(error)s after %(length)s")
            % {"error": short(attempt.error), "length": length(attempt.seconds)},
        )
        for attempt in reversed(attempts.shown)
    ]
    # Of a run that begins anew, this is when it will be due or was due last.
    if run.run_at - run.enqueued_at > LATE and run.status not in FINAL:
        told.append(Moment(title=_("Due"), at=run.run_at))
    last = attempts.last
    if run.attempted_at and not (last and last.number == str(run.attempt)):
        started = Moment(
            title=_("Attempt %(number)d started") % {"number": run.attempt},
            at=run.attempted_at,
            note=_waited(run),
        )
        told.append(started)
    return [*told, _now(run)]


def _now(run: TaskRun) -> Moment:
    looks = {
        RunStatus.SUCCESSFUL: "done",
        RunStatus.FAILED: "failed",
        RunStatus.CANCELLED: "cancelled",
        RunStatus.RUNNING: "running",
    }
    took = between(run.attempted_at, run.finished_at)
    is_over = run.status in FINAL
    return Moment(
        title=run.get_status_display(),
        at=run.finished_at if is_over else None,
        look={str(status): look for status, look in looks.items()}.get(run.status, "waiting"),
        note=reasons.told(run.reason)
        or (length(took.total_seconds()) if took and run.status == RunStatus.SUCCESSFUL else ""),
    )


def _waited(run: TaskRun) -> str:
    waited = between(run.run_at, run.attempted_at)
    if not waited:
        return ""
    return _("waited %(length)s") % {"length": length(waited.total_seconds())}


def _ended(started_at: datetime | None, seconds: float | None) -> datetime | None:
    if started_at is None or seconds is None:
        return started_at
    return started_at + timedelta(seconds=min(seconds, 1e8))
