"""Which runs are meant: a filter that can be shown, counted, and handed to a background task."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Q, QuerySet

from tasks.ids import last_before
from tasks.models import RunStatus, ScheduleTick, TaskRun

MOST_READ = 100_000
"""So many runs, the newest, are looked through for what no index finds."""

# Each of these has an index, or there are few.
FOUND_BY_INDEX = frozenset(RunStatus) - {RunStatus.SUCCESSFUL}

# Of these an index each has the ids in their order: `tasks_run_list_…`.
LISTED = frozenset({RunStatus.SCHEDULED, RunStatus.WAITING, RunStatus.FAILED, RunStatus.CANCELLED})

# Ids hold the clock of who enqueued, and the database's time is that of the transaction's begin.
SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Runs that fit everything that is given; with nothing given, all runs."""

    statuses: tuple[RunStatus, ...] = ()
    task: str | None = None
    """The dotted path."""
    queue: str | None = None
    priority: int | None = None
    worker: uuid.UUID | None = None
    since: datetime | None = None
    """Enqueued at this time or later."""
    until: datetime | None = None
    """Enqueued before this time."""
    fingerprint: str | None = None
    """Failed, and in this way: see `tasks.failure.fingerprint`."""
    schedule: int | None = None
    """Enqueued by the schedule of this number."""
    group: uuid.UUID | None = None
    """Members of this group."""
    text: str = ""
    """The id; else a part of the task's name, of the unique key or of a failure."""
    in_errors: bool = True
    """Whether the text is looked for in failures and within keys, which may tell arguments."""

    def rows(self) -> QuerySet[TaskRun]:
        """Return the runs, in no order."""
        rows = self.narrowed(TaskRun.objects.filter(**_of_statuses(self.meant)))
        if self.meant == (RunStatus.READY,):
            # Whatever they are: each index of what is ready is of one of the two.
            rows = rows.filter(Q(gated=False) | Q(gated=True))
        return rows

    def narrowed(self, rows: QuerySet[TaskRun]) -> QuerySet[TaskRun]:
        """Return those of the rows that fit everything but the status."""
        given = {
            "name": self.task,
            "queue": self.queue,
            "priority": self.priority,
            "worker_id": self.worker,
            "enqueued_at__gte": self.since,
            "enqueued_at__lt": self.until,
            "fingerprint": self.fingerprint,
            "group_id": self.group,
        }
        rows = rows.filter(
            **{lookup: value for lookup, value in given.items() if value is not None}
        )
        if self.schedule is not None:
            rows = rows.filter(pk__in=ticks(self.schedule).values("run_id"))
        return search(rows, self.text, in_errors=self.in_errors)

    def within(self, rows: QuerySet[TaskRun]) -> QuerySet[TaskRun]:
        """Return the rows without those whose ids are too old, or too new, for the span of time.

        So that a walk along the ids begins and ends near it.
        """
        if self.since is not None:
            rows = rows.filter(pk__gt=last_before(self.since, later=-SKEW))
        if self.until is not None:
            rows = rows.filter(pk__lt=last_before(self.until, later=SKEW))
        return rows

    def recent(self, floor: uuid.UUID | None) -> QuerySet[TaskRun]:
        """Return the runs, in no order, that are newer than the `floor()`.

        So no more than `MOST_READ` are looked through: what no index finds is found among the
        newest runs, or the newest before `until`.
        """
        rows = self.within(self.rows())
        return rows if floor is None else rows.filter(pk__gt=floor)

    def floor(self) -> uuid.UUID | None:
        """Return the id behind all that is looked at; `None` where that is everything."""
        if self.is_looked_for:
            return oldest_looked_at(self.within(TaskRun.objects.all()))
        if self.is_among_listed:
            return oldest_looked_at(self.within(TaskRun.objects.filter(status=self.meant[0])))
        return None

    @property
    def is_looked_for(self) -> bool:
        """Whether the table has to be looked through: no index leads to what is meant."""
        if self.is_tied or as_id(self.text):
            return False
        if self.statuses:
            return bool(self.text.strip()) or not FOUND_BY_INDEX.issuperset(self.statuses)
        return bool(self.text.strip() or self.until) or self._is_of_some_kind

    @property
    def is_among_listed(self) -> bool:
        """Whether those of one status have to be looked through, along their index."""
        if self.is_tied or len(self.statuses) != 1 or not LISTED.issuperset(self.statuses):
            return False
        return self._is_of_some_kind and not self.text.strip()

    @property
    def is_tied(self) -> bool:
        """Whether they belong to something that an index finds them by."""
        return bool(self.fingerprint or self.group or self.schedule is not None)

    @property
    def _is_of_some_kind(self) -> bool:
        return bool(self.task or self.queue or self.worker) or self.priority is not None

    @property
    def filters(self) -> int:
        """How many things are given."""
        kinds = (self.task, self.queue, self.priority, self.worker)
        times = (self.since, self.until)
        others = (self.text.strip(), self.fingerprint, self.schedule, self.group, self.statuses)
        return sum(each not in (None, "", ()) for each in (*kinds, *times, *others))

    @property
    def meant(self) -> tuple[RunStatus, ...]:
        """The statuses that they may have; with nothing in it, any."""
        # Only failed runs have a place in the index of fingerprints, and only they have one.
        return self.statuses or ((RunStatus.FAILED,) if self.fingerprint else ())

    def as_json(self) -> dict[str, Any]:
        """Return what JSON can hold of it."""
        return {
            "statuses": list(self.statuses),
            "task": self.task,
            "queue": self.queue,
            "priority": self.priority,
            "worker": self.worker and str(self.worker),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "fingerprint": self.fingerprint,
            "schedule": self.schedule,
            "group": self.group and str(self.group),
            "text": self.text,
            "in_errors": self.in_errors,
        }

    @classmethod
    def of_json(cls, given: dict[str, Any]) -> Self:
        """Read what `as_json()` wrote."""
        statuses: Sequence[str] = given["statuses"]
        return cls(
            statuses=tuple(map(RunStatus, statuses)),
            task=given["task"],
            queue=given["queue"],
            # What is under way while a new version comes may have been written without one.
            priority=given.get("priority"),
            worker=given["worker"] and uuid.UUID(given["worker"]),
            since=given["since"] and datetime.fromisoformat(given["since"]),
            until=given["until"] and datetime.fromisoformat(given["until"]),
            fingerprint=given["fingerprint"],
            schedule=given["schedule"],
            group=given["group"] and uuid.UUID(given["group"]),
            text=given["text"],
            in_errors=given["in_errors"],
        )


def ticks(schedule: int) -> QuerySet[ScheduleTick]:
    """Return the ticks of a schedule that enqueued a run."""
    return ScheduleTick.objects.filter(schedule_id=schedule, run_id__isnull=False)


def oldest_looked_at(rows: QuerySet[TaskRun]) -> uuid.UUID | None:
    """Return the id behind the newest `MOST_READ`; `None` when there are no more than those."""
    return rows.order_by("-pk").values_list("pk", flat=True)[MOST_READ : MOST_READ + 1].first()


def search(runs: QuerySet[TaskRun], text: str, *, in_errors: bool = True) -> QuerySet[TaskRun]:
    """Return the run of that id; else those whose task, unique key or failures hold the text."""
    text = text.strip()
    if not text:
        return runs
    if id_ := as_id(text):
        return runs.filter(pk=id_)
    # A key is made of arguments, too: who may not see them finds the run whose key they know.
    key = Q(unique_key__icontains=text) if in_errors else Q(unique_key=text)
    found = Q(name__icontains=text) | key
    if in_errors:
        # As it is spelt in JSON. Most runs have no failure, and are not searched for it.
        spelt = json.dumps(text)[1:-1]
        found |= ~Q(errors="[]") & Q(errors__icontains=spelt)
    return runs.filter(found)


def _of_statuses(statuses: tuple[RunStatus, ...]) -> dict[str, Any]:
    # One status by itself: SQLite does not see that a list of one is what an index is of.
    if len(statuses) == 1:
        return {"status": statuses[0]}
    return {"status__in": statuses} if statuses else {}


def as_id(text: str) -> uuid.UUID | None:
    """Return the id that the text is; `None` where it is none."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None
