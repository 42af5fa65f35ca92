"""Rings again for what an engine may have lost: READY and due for a while, and nobody took it.

Not for what only waits behind a backlog: while the engine holds messages of a queue, none of it is
rung again, and what was rung is left alone for twice as long each time.
"""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Q
from django.db.models.functions import Now

from tasks.models import RunStatus, TaskRun

OVERDUE = timedelta(seconds=5)
MOST_AT_ONCE = 500
FIRST_PAUSE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 600.0
MOST_REMEMBERED = 10_000
NEARLY_EMPTY = 10
"""Messages of a queue that wait in the engine, from which on it has enough to do."""


class Bell(Protocol):
    """What is asked of an engine."""

    needs_second_ring: bool

    def ring(self, ids: list[uuid.UUID], /) -> None:
        """Wake workers for these runs."""

    def backlog(self) -> Mapping[str, int] | None:
        """Return how many messages of each queue wait in the engine; `None` when nobody knows."""


@dataclass(slots=True)
class Rung:
    """When a run may be rung again, unless it was taken and given back meanwhile."""

    attempt: int
    at: float
    pause: float


class SecondRing:
    """Walks through what is ready, a page at a time, and remembers what it has rung."""

    def __init__(self, engine: Bell) -> None:
        self._engine = engine
        self._rung: OrderedDict[uuid.UUID, Rung] = OrderedDict()
        self._seen: dict[bool, tuple[datetime, uuid.UUID] | None] = {False: None, True: None}

    def ring(self) -> None:
        """Ring for the next page."""
        if not self._engine.needs_second_ring:
            return
        now = time.monotonic()
        queues = self._quiet_queues()
        found = [run for gated in self._seen for run in self._page(queues, gated=gated)]
        due = [id_ for id_, attempt in found if self._may_ring(id_, attempt, now)]
        if due:
            self._engine.ring(due)

    def _quiet_queues(self) -> Collection[str] | None:
        """Return the queues that may be rung for; `None`: all, also those it never heard of.

        Named one by one, so that a claim's index leads past the backlogs of the others.
        """
        backlog = self._engine.backlog() or {}
        quiet = [queue for queue, waiting in backlog.items() if waiting <= NEARLY_EMPTY]
        return None if len(quiet) == len(backlog) else quiet

    def _page(self, queues: Collection[str] | None, *, gated: bool) -> list[tuple[uuid.UUID, int]]:
        """Return what comes after the last page, each run with its attempts so far; after the end,
        begin again next time."""
        ready = TaskRun.objects.filter(status=RunStatus.READY, gated=gated)
        if queues is not None:
            ready = ready.filter(queue__in=queues)
        overdue = ready.filter(run_at__lt=Now() - OVERDUE).order_by("run_at", "id")
        if (seen := self._seen[gated]) is not None:
            run_at, id_ = seen
            overdue = overdue.filter(Q(run_at__gt=run_at) | Q(run_at=run_at, id__gt=id_))
        most = MOST_AT_ONCE // len(self._seen)
        page = list(overdue.values_list("run_at", "id", "attempt")[:most])
        self._seen[gated] = page[-1][:2] if len(page) == most else None
        return [(id_, attempt) for _, id_, attempt in page]

    def _may_ring(self, id_: uuid.UUID, attempt: int, now: float) -> bool:
        rung = self._rung.pop(id_, None)
        if rung is not None and rung.attempt != attempt:
            # Somebody had it and is lost: that it waited before says nothing of this time.
            rung = None
        may = rung is None or now >= rung.at
        if rung is None or may:
            pause = FIRST_PAUSE_SECONDS if rung is None else rung.pause * 2
            pause = min(pause, LONGEST_PAUSE_SECONDS)
            rung = Rung(attempt, now + pause, pause)
        self._rung[id_] = rung
        if len(self._rung) > MOST_REMEMBERED:
            self._rung.popitem(last=False)
        return may
