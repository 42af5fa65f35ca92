"""The days that a report is about, in the project's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

DAY = timedelta(days=1)
SATURDAY = 5
BARS = 7


@dataclass(frozen=True, kw_only=True)
class Period:
    """Whole days, from the day of the last report until the day before this one."""

    reported_on: date
    """The weekday whose report this is."""
    first: date
    last: date

    @property
    def since(self) -> datetime:
        """When the first day begins."""
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        """When the last day is over."""
        return midnight(self.last + DAY)

    @property
    def week(self) -> list[date]:
        """The seven days that end with the last one, for comparison."""
        return [self.last - number * DAY for number in reversed(range(BARS))]


def period_of(at: datetime) -> Period:
    """Return what a report that is due at a time is about.

    That is the day before; on a Monday the whole weekend with its Friday, so that no day is left
    out.
    """
    today = timezone.localdate(at, timezone.get_default_timezone())
    first = today - DAY
    while first.weekday() >= SATURDAY:
        first -= DAY
    return Period(reported_on=today, first=first, last=today - DAY)


def midnight(day: date) -> datetime:
    """Return when a day begins."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
