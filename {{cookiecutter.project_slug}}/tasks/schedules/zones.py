"""Time zones by name."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from tasks.errors import InvalidSchedule


def check(name: str) -> None:
    """Raise `InvalidSchedule` unless this machine knows a time zone of that name."""
    # Looked up and not opened: a name may be any path.
    if name not in names():
        said = _("%(name)r is no time zone: write it like 'UTC' or 'Europe/Berlin'.")
        raise InvalidSchedule(said % {"name": name[:64]})


def zone(name: str) -> ZoneInfo:
    """Return the time zone of that name, which has been checked."""
    return ZoneInfo(name)


@cache
def names() -> frozenset[str]:
    """Return the names of all time zones that this machine knows."""
    return frozenset(available_timezones())
