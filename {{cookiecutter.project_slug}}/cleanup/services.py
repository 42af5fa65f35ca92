"""Deletes what is old in batches that nobody has to wait for.

A batch is one short transaction of at most 1,000 rows. It passes by what others have locked, and
what it has deleted stays deleted, wherever its process dies. Between two batches the others have
their turn: the pause is as long as the batch took. So any number of cleaners may run at once, and
one that is stopped has lost nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cleanup.cleaners import Cleaner, cleaners, find
from tasks.failpoints import failpoint
from tasks.service import service

TASK_HISTORY = "task history"
"""What the task system deletes by itself, and what is counted and deleted here with the rest."""
BATCH = 1000
PAUSE_SECONDS = 0.05
"""The shortest pause between two batches."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of one batch."""

    found: int
    removed: int
    newest: datetime | None
    """The age of the last row that was found."""


def clean(cleaner: Cleaner, *, between: Callable[[int], None], limit: int = BATCH) -> int:
    """Delete all that is old, batch by batch; return how many rows that were.

    `between` is called after each batch with the number of rows so far. What it raises ends the
    cleaning.
    """
    total, since = 0, None
    while True:
        began = time.monotonic()
        batch = clean_batch(cleaner, since=since, limit=limit)
        total, since = total + batch.removed, batch.newest
        between(total)
        if batch.found < limit or not batch.removed:
            return total
        time.sleep(max(PAUSE_SECONDS, time.monotonic() - began))


def clean_batch(cleaner: Cleaner, *, since: datetime | None = None, limit: int = BATCH) -> Batch:
    """Delete up to `limit` old rows, the oldest first.

    `since` is the age of the last row of the batch before: the index is read from there on, and not
    again through the places of all that was deleted.
    """
    rows = cleaner.old()
    if since is not None:
        rows = rows.filter(**{f"{cleaner.age}__gte": since})
    with transaction.atomic():
        found = list(
            rows.order_by(cleaner.age)
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", cleaner.age)[:limit]
        )
        if not found:
            return Batch(0, 0, since)
        locked = rows.model._base_manager.filter(pk__in=[key for key, _ in found])
        batch = Batch(len(found), cleaner.remove(locked), found[-1][1])
        failpoint("cleanup: batch deleted, not committed")
    failpoint("cleanup: batch deleted")
    return batch


def kinds() -> list[str]:
    """Return the names of all kinds of what grows old."""
    return [*(cleaner.name for cleaner in cleaners()), TASK_HISTORY]


def count(kind: str) -> int:
    """Return how many rows of a kind are old now; of the task history, how many runs.

    Raises `UnknownCleaner`.
    """
    return service.count_old() if kind == TASK_HISTORY else find(kind).old().count()


def clean_kind(kind: str, *, between: Callable[[int], None]) -> int:
    """Delete all of a kind that is old, as `clean` does. Raises `UnknownCleaner`."""
    if kind == TASK_HISTORY:
        return service.prune(between=between)
    return clean(find(kind), between=between)
