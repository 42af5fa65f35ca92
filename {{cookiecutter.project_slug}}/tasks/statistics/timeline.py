"""What ended, a minute or some hours at a time, with none left out: what a chart draws."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.db.models import QuerySet
from django.db.models.functions import TruncHour, TruncMinute
from django.utils.translation import gettext as _

from tasks.ledger import now
from tasks.models import Overall, Rollup
from tasks.statistics.endings import Endings, ended, endings
from tasks.statistics.histogram import Percentiles
from tasks.statistics.rollups import (
    HOUR,
    KEPT,
    MINUTE,
    all_between,
    counted_between,
    endings_of,
    floor,
    minutes_between,
    reached,
)

MOST_BUCKETS = 1500
"""A day of minutes, or two months of hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What ended within one step."""

    starts_at: datetime
    successful: int
    failed: int
    cancelled: int
    wait: Percentiles
    """Seconds from due to started."""
    duration: Percentiles
    """Seconds from started, the last time, to ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A span of time in equal steps, oldest first. The newest step may not be over."""

    since: datetime
    until: datetime
    step: timedelta
    buckets: tuple[Bucket, ...]


def timeline(
    step: timedelta,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    task: str | None = None,
    queue: str | None = None,
) -> Timeline:
    """Return what ended in each step, of all runs or of those of a task or queue: three queries.

    Unless told, that is the last 60 minutes or 24 hours. What is not rolled up yet is counted from
    the rows. Raises `ValueError` for a step that is neither a minute nor whole hours, and for a
    span that is empty, has more than `MOST_BUCKETS` steps, or began before rollups are kept.
    """
    if step != MINUTE and (step < HOUR or step % HOUR):
        raise ValueError("A step is a minute or whole hours.")
    time = now()
    until = min(until or time, time)
    kept = KEPT[MINUTE if step == MINUTE else HOUR]
    _refuse_old(until, time - kept, kept)
    last = floor(until, step)
    # A step that `until` only touches is none.
    end = last if until == last else last + step
    begin = floor(since, step) if since else end - (60 if step == MINUTE else 24) * step
    count = (end - begin) // step
    if not 0 < count <= MOST_BUCKETS:
        said = _("A span has 1 to %(most)d steps, not %(count)d.")
        raise ValueError(said % {"most": MOST_BUCKETS, "count": count})
    _refuse_old(begin, time - kept, kept)
    named = {"name": task, "queue": queue}
    wanted = {column: value for column, value in named.items() if value is not None}
    found = _endings(step, begin, end, wanted)
    steps = tuple(begin + number * step for number in range(count))
    return Timeline(
        since=begin,
        until=end,
        step=step,
        buckets=tuple(
            bucket(starts_at, Endings.sum(found.get(starts_at, []))) for starts_at in steps
        ),
    )


def _refuse_old(moment: datetime, oldest: datetime, kept: timedelta) -> None:
    if moment < oldest:
        said = _("Steps of this length are kept for %(days)d days.")
        raise ValueError(said % {"days": kept.days})


def _endings(
    step: timedelta, begin: datetime, end: datetime, wanted: Mapping[str, str]
) -> dict[datetime, list[Endings]]:
    """Return what ended by step, from the rollups and from the rows that they do not count yet."""
    mark = min(end, max(begin, reached() or begin))
    found: dict[datetime, list[Endings]] = defaultdict(list)
    rollups = _rollups(step, begin, mark, wanted)
    for (starts_at,), part in endings_of(rollups, "starts_at").items():
        found[floor(cast(datetime, starts_at), step)].append(part)
    truncate = TruncMinute if step == MINUTE else TruncHour
    rows: Any = (
        ended(mark, end).filter(**wanted).annotate(starts_at=truncate("finished_at", tzinfo=UTC))
    )
    for (starts_at,), part in endings(rows, "starts_at").items():
        found[floor(cast(datetime, starts_at), step)].append(part)
    return found


def _rollups(
    step: timedelta, begin: datetime, mark: datetime, wanted: Mapping[str, str]
) -> QuerySet[Rollup] | QuerySet[Overall]:
    """Return the rollups of full steps; an hour that is not full is made of its minutes."""
    if not wanted:
        if step == MINUTE:
            return minutes_between(Overall.objects.all(), begin, mark)
        return all_between(begin, mark)
    if step == MINUTE:
        return minutes_between(Rollup.objects.filter(**wanted), begin, mark)
    return counted_between(begin, mark).filter(**wanted)


def bucket(starts_at: datetime, part: Endings) -> Bucket:
    """Return what ended within one step."""
    return Bucket(
        starts_at=starts_at,
        successful=part.successful,
        failed=part.failed,
        cancelled=part.cancelled,
        wait=part.waits.percentiles(),
        duration=part.durations.percentiles(),
    )
