"""Runs as a file for a spreadsheet: bounded, written while it is sent, without formulas."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from tasks.admin.payloads import Attempts
from tasks.control.reading import HEAVY
from tasks.formulas import neutralised
from tasks.masks import MASK
from tasks.models import TaskRun

MOST_ROWS = 100_000
BATCH = 1000
# Names of columns are the same in every language: programs read them.
COLUMNS = (
    "id",
    "task",
    "queue",
    "status",
    "priority",
    "attempts",
    "max_attempts",
    "enqueued_at",
    "run_at",
    "started_at",
    "finished_at",
    "worker_id",
    "unique_key",
    "reason",
    "fingerprint",
    "error",
    "message",
)


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_of(runs: QuerySet[TaskRun], *, shows_messages: bool) -> StreamingHttpResponse:
    """Return the newest of the runs, at most `MOST_ROWS`."""
    name = f"runs-{timezone.localtime():%Y%m%d-%H%M%S}.csv"
    return StreamingHttpResponse(
        _lines(runs, shows_messages=shows_messages),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _lines(runs: QuerySet[TaskRun], *, shows_messages: bool) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # Excel takes a file without the mark for one in the code page of its country.
    yield "\ufeff" + writer.writerow(COLUMNS)
    for run in _newest(runs):
        cells = _cells(run, shows_messages=shows_messages)
        yield writer.writerow([neutralised(cell) for cell in cells])


def _newest(runs: QuerySet[TaskRun]) -> Iterator[TaskRun]:
    """Yield them a batch at a time, each found by where the last one ended: no cursor stays open
    while a slow reader reads."""
    rows = runs.order_by("-pk").defer(*HEAVY)
    batch, left = list(rows[:BATCH]), MOST_ROWS
    while batch and left > 0:
        yield from batch[:left]
        left -= len(batch)
        batch = list(rows.filter(pk__lt=batch[-1].pk)[:BATCH])


def _cells(run: TaskRun, *, shows_messages: bool) -> list[Any]:
    last = Attempts.of(run.errors).last
    message = "" if last is None else last.message
    return [
        str(run.pk),
        run.name,
        run.queue,
        run.status,
        run.priority,
        run.spent,
        run.max_attempts,
        _moment(run.enqueued_at),
        _moment(run.run_at),
        _moment(run.started_at),
        _moment(run.finished_at),
        str(run.worker_id or ""),
        _kept(run.unique_key or "", shown=shows_messages),
        run.reason,
        run.fingerprint or "",
        "" if last is None else last.error,
        _kept(message, shown=shows_messages),
    ]


def _kept(text: str, *, shown: bool) -> str:
    return text if shown or not text else MASK


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
