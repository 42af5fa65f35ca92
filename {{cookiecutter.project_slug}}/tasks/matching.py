"""Which runs are meant: a filter that can be shown, counted, and handed to a background task."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.db.models import Q, QuerySet

from tasks.models import RunStatus, TaskRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Runs that fit everything that is given; with nothing given, all runs."""

    statuses: tuple[RunStatus, ...] = ()
    task: str | None = None
    """The dotted path."""
    queue: str | None = None
    worker: uuid.UUID | None = None
    since: datetime | None = None
    """Enqueued at this time or later."""
    until: datetime | None = None
    """Enqueued before this time."""
    text: str = ""
    """The id; else a part of the task's name or of the unique key."""

    def rows(self) -> QuerySet[TaskRun]:
        """Return the runs, in no order."""
        # One status by itself: SQLite does not see that a list of one is what an index is of.
        status: dict[str, Any] = (
            {"status": self.statuses[0]}
            if len(self.statuses) == 1
            else {"status__in": self.statuses}
        )
        given = {
            **status,
            "name": self.task,
            "queue": self.queue,
            "worker_id": self.worker,
            "enqueued_at__gte": self.since,
            "enqueued_at__lt": self.until,
        }
        wanted = {lookup: value for lookup, value in given.items() if value not in (None, ())}
        return search(TaskRun.objects.filter(**wanted), self.text)

    def as_json(self) -> dict[str, Any]:
        """Return what JSON can hold of it."""
        return {
            "statuses": list(self.statuses),
            "task": self.task,
            "queue": self.queue,
            "worker": self.worker and str(self.worker),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "text": self.text,
        }

    @classmethod
    def of_json(cls, given: dict[str, Any]) -> Self:
        """Read what `as_json()` wrote."""
        statuses: Sequence[str] = given["statuses"]
        return cls(
            statuses=tuple(map(RunStatus, statuses)),
            task=given["task"],
            queue=given["queue"],
            worker=given["worker"] and uuid.UUID(given["worker"]),
            since=given["since"] and datetime.fromisoformat(given["since"]),
            until=given["until"] and datetime.fromisoformat(given["until"]),
            text=given["text"],
        )


def search(runs: QuerySet[TaskRun], text: str) -> QuerySet[TaskRun]:
    """Return the run of that id; else those whose task or unique key holds the text."""
    text = text.strip()
    if not text:
        return runs
    try:
        return runs.filter(pk=uuid.UUID(text))
    except ValueError:
        return runs.filter(Q(name__icontains=text) | Q(unique_key__icontains=text))
