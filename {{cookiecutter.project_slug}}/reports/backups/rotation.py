"""Which backups are kept: the newest of each of the last days, weeks and months that have one.

Days without a backup do not count. So when backups fail for a month, what was there before stays.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """How many are kept."""

    daily: int
    weekly: int
    monthly: int


def rotation() -> Rotation:
    """Return what the settings say."""
    return Rotation(
        daily=settings.BACKUPS_DAILY,
        weekly=settings.BACKUPS_WEEKLY,
        monthly=settings.BACKUPS_MONTHLY,
    )


def kept(times: Iterable[datetime], rotation: Rotation) -> set[datetime]:
    """Return which of the times are kept. The newest always is."""
    newest_first = sorted(times, reverse=True)
    return {
        *newest_first[:1],
        *_newest_of_each(newest_first, _day, rotation.daily),
        *_newest_of_each(newest_first, _week, rotation.weekly),
        *_newest_of_each(newest_first, _month, rotation.monthly),
    }


def _newest_of_each(
    newest_first: Iterable[datetime], span: Callable[[datetime], tuple[int, ...]], most: int
) -> list[datetime]:
    newest: dict[tuple[int, ...], datetime] = {}
    for time in newest_first:
        newest.setdefault(span(time), time)
    return list(newest.values())[:most]


def _day(time: datetime) -> tuple[int, ...]:
    return (_local(time).toordinal(),)


def _week(time: datetime) -> tuple[int, ...]:
    return tuple(_local(time).isocalendar())[:2]


def _month(time: datetime) -> tuple[int, ...]:
    local = _local(time)
    return (local.year, local.month)


def _local(time: datetime) -> datetime:
    """Days begin where the project is."""
    return time.astimezone(timezone.get_default_timezone())
