"""When a schedule is due: a rule, and the times that it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.utils.translation import gettext as _

from tasks.errors import InvalidSchedule
from tasks.schedules import cron, zones

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.models import Schedule

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_INTERVAL = 366 * 24 * 60 * 60
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Either a cron expression, read in a time zone, or an interval.

    Raises `InvalidSchedule`, with one sentence, when it makes no sense or names no time at all.
    """

    cron: str = ""
    every: int | None = None
    """Whole seconds. The ticks are its multiples since 1970 in UTC: the same for every timer."""
    timezone: str = "UTC"
    """As the IANA data base calls it. Of no meaning to an interval."""

    def __post_init__(self) -> None:
        zones.check(self.timezone)
        if bool(self.cron) == (self.every is not None):
            raise InvalidSchedule(_("Give either a cron expression or an interval."))
        if self.every is None:
            cron.check(self.cron)
        elif not 1 <= self.every <= LONGEST_INTERVAL:
            said = _(
                "An interval is 1 second to 366 days (%(most)d seconds), not %(every)d seconds."
            )
            raise InvalidSchedule(said % {"most": LONGEST_INTERVAL, "every": self.every})

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        """Return the rule that a row holds."""
        return cls(cron=schedule.cron, every=schedule.every_seconds, timezone=schedule.timezone)

    def __str__(self) -> str:
        if self.every is not None:
            return f"every {timedelta(seconds=self.every)}"
        return f"{self.cron} {self.timezone}"


def next_tick(rule: Rule, after: datetime) -> datetime:
    """Return the first tick later than `after`, in UTC."""
    return next(ticks(rule, after))


def next_ticks(rule: Rule, after: datetime, count: int) -> list[datetime]:
    """Return the first `count` ticks later than `after`, in UTC."""
    following = ticks(rule, after)
    return [next(following) for _ in range(count)]


def ticks(rule: Rule, after: datetime) -> Iterator[datetime]:
    """Yield every tick later than `after`, in UTC, without end."""
    if rule.every is None:
        yield from cron.ticks(rule.cron, zones.zone(rule.timezone), after)
        return
    step = timedelta(seconds=rule.every)
    tick = EPOCH + (after - EPOCH) // step * step
    while True:
        tick += step
        yield tick


def newest_tick(rule: Rule, known: datetime, until: datetime) -> datetime:
    """Return the last tick that is not later than `until`. `known` is one of those."""
    if rule.every is not None:
        step = timedelta(seconds=rule.every)
        return max(known, EPOCH + (until - EPOCH) // step * step)
    # By halves: a week of minutes takes twenty steps instead of ten thousand.
    while until - known > SECOND:
        middle = known + (until - known) / 2
        tick = next_tick(rule, middle)
        if tick <= until:
            known = tick
        else:
            until = middle
    return known


def count_ticks(rule: Rule, first: datetime, before: datetime, *, most: int) -> int:
    """Return how many ticks there are from `first`, itself a tick, to before `before`.

    Those of a cron expression are counted up to `most`.
    """
    if rule.every is not None:
        return max(0, -((first - before) // timedelta(seconds=rule.every)))
    count = 0
    tick = first
    following = ticks(rule, first)
    while tick < before and count < most:
        count += 1
        tick = next(following)
    return count
