"""Rings again for what an engine may have lost: READY and due for a while, and nobody took it.

Not for what only waits behind a backlog: while the engine's own queue holds something, nothing is
rung again, and what was rung is left alone for twice as long each time.
"""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
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
"""Messages in the engine's own queue, from which on it has enough to do."""


class Bell(Protocol):
    """What is asked of an engine."""

    needs_second_ring: bool

    def ring(self, ids: list[uuid.UUID], /) -> None:
        """Wake workers for these runs."""

    def backlog(self) -> int | None:
        """Return how many messages wait in the engine's own queue; `None` when nobody knows."""


@dataclass(slots=True)
class Rung:
    """When a run may be rung again."""

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
        if not self._engine.needs_second_ring or (self._engine.backlog() or 0) > NEARLY_EMPTY:
            return
        now = time.monotonic()
        ids = [id_ for gated in self._seen for id_ in self._page(gated=gated)]
        due = [id_ for id_ in ids if self._may_ring(id_, now)]
        if due:
            self._engine.ring(due)

    def _page(self, *, gated: bool) -> list[uuid.UUID]:
        """Return what comes after the last page; after the end, begin again next time."""
        ready = TaskRun.objects.filter(status=RunStatus.READY, gated=gated)
        overdue = ready.filter(run_at__lt=Now() - OVERDUE).order_by("run_at", "id")
        if (seen := self._seen[gated]) is not None:
            run_at, id_ = seen
            overdue = overdue.filter(Q(run_at__gt=run_at) | Q(run_at=run_at, id__gt=id_))
        page = list(overdue.values_list("run_at", "id")[: MOST_AT_ONCE // len(self._seen)])
        self._seen[gated] = page[-1] if len(page) == MOST_AT_ONCE // len(self._seen) else None
        return [id_ for _, id_ in page]

    def _may_ring(self, id_: uuid.UUID, now: float) -> bool:
        rung = self._rung.pop(id_, None)
        may = rung is None or now >= rung.at
        if rung is None or may:
            pause = FIRST_PAUSE_SECONDS if rung is None else rung.pause * 2
            pause = min(pause, LONGEST_PAUSE_SECONDS)
            rung = Rung(now + pause, pause)
        self._rung[id_] = rung
        if len(self._rung) > MOST_REMEMBERED:
            self._rung.popitem(last=False)
        return may
