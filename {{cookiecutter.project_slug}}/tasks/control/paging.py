"""Runs that match, a page at a time, by the place where the last page ended.

What is asked for may be old and rare, and no index may lead there. So a page is never the price of
a walk through the table: it looks at so many runs and no more, and where that does not fill it, it
says how far it has looked. The next one goes on from there. All that matches is found, each once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet

from tasks.control.matching import LISTED, Matching, as_id
from tasks.control.order import SortedId, are_few, found
from tasks.control.reading import HEAVY
from tasks.models import RunStatus, TaskRun

WINDOWS = (2_000, 100_000)
"""So many runs are looked at, the second number where the first has not filled the page."""
MOST_SEARCHED = (25_000, 2_000)
"""The second number where a text is looked for, in all runs and in those that failed: tracebacks
are long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the runs that match."""

    rows: list[TaskRun]
    """Newest first."""
    end: uuid.UUID | None
    """Up to where, this one included, it is known what matches. `None`: there is no more."""


@dataclass(frozen=True, slots=True)
class _Way:
    """From where on, and towards older or newer runs."""

    start: uuid.UUID | None
    is_back: bool

    @property
    def order(self) -> str:
        return "pk" if self.is_back else "-pk"

    @property
    def by_sorting(self) -> Any:
        return SortedId().asc() if self.is_back else SortedId().desc()

    def ahead(self, rows: QuerySet[TaskRun]) -> QuerySet[TaskRun]:
        if self.start is None:
            return rows
        return rows.filter(**{"pk__gt" if self.is_back else "pk__lt": self.start})

    def upto(self, rows: QuerySet[TaskRun], end: uuid.UUID) -> QuerySet[TaskRun]:
        return rows.filter(**{"pk__lte" if self.is_back else "pk__gte": end})

    def sorted(self, ids: set[uuid.UUID]) -> list[uuid.UUID]:
        return sorted(ids, reverse=not self.is_back)


@dataclass(frozen=True, slots=True)
class _Found:
    ids: list[uuid.UUID]
    """In the order of the way."""
    end: uuid.UUID | None
    """The last that was looked at; `None`: there is nothing behind those ids."""


def page_of(
    matching: Matching, size: int, *, start: uuid.UUID | None = None, is_back: bool = False
) -> Page:
    """Return the runs behind `start`, the newest of them, or before it, the oldest of them."""
    way = _Way(start, is_back)
    parts = [part.read(way, size + 1) for part in _parts(matching)]
    ends = [part.end for part in parts if part.end is not None]
    # What one part has not looked at may come before what another has found.
    end = (min if is_back else max)(ends) if ends else None
    ids = way.sorted({id_ for part in parts for id_ in part.ids})
    if end is not None:
        ids = [id_ for id_ in ids if (id_ <= end if is_back else id_ >= end)]
    if len(ids) > size:
        ids, end = ids[:size], ids[size - 1]
    rows = matching.rows().filter(pk__in=ids).defer(*HEAVY)
    return Page(rows=sorted(rows, key=lambda run: run.pk, reverse=True), end=end)


@dataclass(frozen=True, slots=True)
class _Part:
    """Runs of one status, or of any, that fit everything else."""

    matching: Matching
    status: RunStatus | None
    with_status: QuerySet[TaskRun]

    def read(self, way: _Way, size: int) -> _Found:
        rows = way.ahead(self.matching.within(self.matching.narrowed(self.with_status)))
        if self._is_soon_sorted():
            return _Found(_ids(rows.order_by(way.by_sorting), size), None)
        rows = rows.order_by(way.order)
        if self._is_all():
            return _Found(_ids(rows, size), None)
        return self._look(rows, way, size)

    def _look(self, rows: QuerySet[TaskRun], way: _Way, size: int) -> _Found:
        few, many = WINDOWS
        if self.matching.text.strip():
            many = MOST_SEARCHED[self.status == RunStatus.FAILED]
        found = self._look_at(rows, way, size, few)
        is_done = found.end is None or many <= few
        return found if is_done else self._look_at(rows, way, size, many)

    def _look_at(self, rows: QuerySet[TaskRun], way: _Way, size: int, window: int) -> _Found:
        walked = self.with_status if self.status in LISTED else TaskRun.objects.all()
        walked = way.ahead(self.matching.within(walked)).order_by(way.order)
        end = walked.values_list("pk", flat=True)[window - 1 : window].first()
        ids = _ids(rows if end is None else way.upto(rows, end), size)
        return _Found(ids, end if len(ids) < size else None)

    def _is_soon_sorted(self) -> bool:
        if as_id(self.matching.text):
            return True
        has_index = self.status in (RunStatus.READY, RunStatus.RUNNING)
        indexed = found(self.matching, self.with_status if has_index else None)
        return any(map(are_few, indexed))

    def _is_all(self) -> bool:
        """Whether each run that the walk comes along is one of them."""
        is_walked = self.status is None or self.status in LISTED
        return is_walked and replace(self.matching, statuses=()).filters == 0


def _parts(matching: Matching) -> Iterator[_Part]:
    runs = TaskRun.objects.all()
    if not matching.meant:
        yield _Part(matching, None, runs)
    # In the order in which a run gets them: one that moves on meanwhile is found here or there.
    for status in (each for each in RunStatus if each in matching.meant):
        rows = runs.filter(status=status)
        if status == RunStatus.READY:
            # Their indexes are two.
            yield _Part(matching, status, rows.filter(gated=False))
            yield _Part(matching, status, rows.filter(gated=True))
        else:
            yield _Part(matching, status, rows)


def _ids(rows: QuerySet[TaskRun], size: int) -> list[uuid.UUID]:
    return list(rows.values_list("pk", flat=True)[:size])
