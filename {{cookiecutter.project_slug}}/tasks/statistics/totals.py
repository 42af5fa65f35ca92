"""What has ever ended, by task and queue: numbers that only grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.models import Total
from tasks.statistics.endings import Endings
from tasks.statistics.histogram import Histogram

COUNTS = ("successful", "failed", "cancelled", "waits", "durations", "waited", "lasted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ever:
    """Of one task in one queue, up to the last minute that was counted."""

    task: str
    queue: str
    endings: Endings


def totals() -> list[Ever]:
    """Return them, by task and queue: one query, a row for each."""
    rows = Total.objects.order_by("name", "queue")
    return [Ever(task=row.name, queue=row.queue, endings=_endings(row)) for row in rows]


def add_to_totals(found: dict[tuple[str, ...], Endings]) -> None:
    """Add what ended, by task and queue. Its caller holds the watermark, and so is alone."""
    names = {name for name, _ in found}
    known = {(row.name, row.queue): row for row in Total.objects.filter(name__in=names)}
    for (name, queue), part in found.items():
        row = known.get((name, queue))
        row = Total(name=name, queue=queue) if row is None else row
        for column, value in columns_of(Endings.sum([_endings(row), part])).items():
            setattr(row, column, value)
        known[name, queue] = row
    changed = [known[name, queue] for name, queue in found]
    new = [row for row in changed if row.pk is None]
    Total.objects.bulk_update([row for row in changed if row.pk is not None], COUNTS)
    Total.objects.bulk_create(new)


def columns_of(part: Endings) -> dict[str, Any]:
    """Return what a row that counts endings holds of them."""
    return {
        "successful": part.successful,
        "failed": part.failed,
        "cancelled": part.cancelled,
        "waits": part.waits.text(),
        "durations": part.durations.text(),
        "waited": part.waited,
        "lasted": part.lasted,
    }


def _endings(row: Total) -> Endings:
    return Endings(
        successful=row.successful,
        failed=row.failed,
        cancelled=row.cancelled,
        waits=Histogram.read([row.waits]),
        durations=Histogram.read([row.durations]),
        waited=row.waited,
        lasted=row.lasted,
    )
