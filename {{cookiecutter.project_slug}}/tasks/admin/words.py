"""How lengths of time, moments and texts are written."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

NOTHING = "–"
MOST_HOURS = 48


def moment(when: datetime | None) -> str:
    """Return the local time, as the admin writes the moments that it formats itself."""
    return f"{timezone.localtime(when):%Y-%m-%d %H:%M:%S}" if when else NOTHING


def length(seconds: float | None) -> str:
    """Return a length of time in the one or two units that tell it best."""
    if seconds is None:
        return NOTHING
    if seconds < 0.9995:
        return _("%(number)d ms") % {"number": round(max(seconds, 0) * 1000)}
    if seconds < 10:
        return _("%(number)s s") % {"number": number_format(seconds, decimal_pos=1)}
    if seconds < 59.5:
        return _("%(number)d s") % {"number": round(seconds)}
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60 and not rest:
        return _("%(minutes)d min") % {"minutes": minutes}
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    hours, minutes = divmod(minutes, 60)
    if hours < MOST_HOURS:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(days)d days") % {"days": hours // 24}


def ago(silence: timedelta) -> str:
    """Return how long ago something was."""
    if silence.total_seconds() < 1:
        return _("just now")
    if days := _days(silence):
        return _("%(days)d days ago") % {"days": days}
    return _("%(length)s ago") % {"length": length(silence.total_seconds())}


def until(wait: timedelta) -> str:
    """Return in how long something is."""
    if wait.total_seconds() < 1:
        return _("now")
    if days := _days(wait):
        return _("in %(days)d days") % {"days": days}
    return _("in %(length)s") % {"length": length(wait.total_seconds())}


def _days(time: timedelta) -> int:
    """Return how many days stand for it: in German they have another form after *vor* and *in*."""
    hours = round(time.total_seconds()) // 3600
    return hours // 24 if hours >= MOST_HOURS else 0


def number(value: int) -> str:
    """Return a whole number with its thousands set apart."""
    return number_format(value, force_grouping=True)


def percent(part: float | None) -> str:
    """Return a part, from 0 to 1, in percent."""
    if part is None:
        return NOTHING
    return f"{number_format(part * 100, decimal_pos=0 if part in (0, 1) else 1)} %"


def between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """Return the time from `start` to `end`, if both are known; never less than none."""
    return max(end - start, timedelta()) if start and end else None


def cut(text: str, most: int) -> str:
    """Return the first `most` characters on one line, with an ellipsis for what is left out."""
    line = " ".join(text[: most * 4].split())
    return line if len(line) <= most and len(text) <= most * 4 else f"{line[:most].rstrip()}…"


def short(name: str) -> str:
    """Return the last part of a dotted path."""
    return name.rpartition(".")[2] or name
