"""Kinds of failure: what failed lately, grouped by its fingerprint."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.models import RunStatus, TaskRun

NEWEST = 500
"""So many failures are looked at: the most frequent kind of a bad day is among them."""
MOST_KINDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Runs of one task that failed in the same way, at the same place."""

    fingerprint: str
    task: str
    error: str
    """The path of the exception's class."""
    count: int
    """Of the newest failures."""
    last_at: datetime
    last_run_id: uuid.UUID


# A fingerprint is of one class for ever, so that it is read once a process.
_errors: dict[str, str] = {}


def newest_kinds(since: datetime, *, task: str | None = None, most: int = MOST_KINDS) -> list[Kind]:
    """Return the most frequent kinds of the newest failures, of all tasks or of one.

    One query, and one more when a kind is new to this process.
    """
    failed = TaskRun.objects.filter(status=RunStatus.FAILED, finished_at__gte=since)
    if task is not None:
        failed = failed.filter(name=task)
    columns = failed.values_list("fingerprint", "name", "pk", "finished_at")
    newest_rows: list[Any] = list(columns.order_by("-finished_at")[:NEWEST])
    # Those without one are left out here: asked for it, PostgreSQL takes them for few, and sorts
    # all that failed.
    rows = [row for row in newest_rows if row[0] is not None]
    counted = Counter(row[0] for row in rows)
    newest = {row[0]: row for row in reversed(rows)}
    shown = counted.most_common(most)
    _learn({newest[mark][2] for mark, _count in shown if mark not in _errors})
    return [
        Kind(
            fingerprint=mark,
            task=newest[mark][1],
            error=_errors.get(mark, ""),
            count=count,
            last_at=newest[mark][3],
            last_run_id=newest[mark][2],
        )
        for mark, count in shown
    ]


def _learn(ids: Collection[uuid.UUID]) -> None:
    if not ids:
        return
    if len(_errors) > NEWEST:
        _errors.clear()
    rows = TaskRun.objects.filter(pk__in=ids).values_list("fingerprint", "errors")
    _errors.update({str(mark): _last_class(errors) for mark, errors in rows})


def _last_class(errors: str) -> str:
    try:
        return str(json.loads(errors)[-1]["exception_class_path"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
