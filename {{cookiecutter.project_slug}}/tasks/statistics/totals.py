"""What has ever ended, by task and queue: numbers that only grow."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.models import Total
from tasks.statistics.endings import Endings
from tasks.statistics.histogram import Histogram

COUNTS = ("successful", "failed", "cancelled", "waits", "durations")


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
        together = Endings.sum([_endings(row), part])
        row.successful = together.successful
        row.failed = together.failed
        row.cancelled = together.cancelled
        row.waits = together.waits.text()
        row.durations = together.durations.text()
        known[name, queue] = row
    changed = [known[name, queue] for name, queue in found]
    new = [row for row in changed if row.pk is None]
    Total.objects.bulk_update([row for row in changed if row.pk is not None], COUNTS)
    Total.objects.bulk_create(new)


def _endings(row: Total) -> Endings:
    return Endings(
        successful=row.successful,
        failed=row.failed,
        cancelled=row.cancelled,
        waits=Histogram.read([row.waits]),
        durations=Histogram.read([row.durations]),
    )
