"""Cron expressions as Debian's cron reads them: five fields, and a rule for daylight saving time.

A job at a certain hour runs once on the day on which the clock is put forward over it (as soon as
the hour is over) and once on the day on which the hour comes twice (the first time). A job of every
hour or every minute simply goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.errors import InvalidSchedule

MAX_LENGTH = 100
FIELDS = 5
# As cronsim names that which it cannot read.
WRONG = {
    "Bad minute": gettext_lazy("the minute cannot be read"),
    "Bad hour": gettext_lazy("the hour cannot be read"),
    "Bad day-of-month": gettext_lazy("the day of the month cannot be read, or never comes"),
    "Bad month": gettext_lazy("the month cannot be read"),
    "Bad day-of-week": gettext_lazy("the day of the week cannot be read"),
}

# From here fifty years are searched before an expression counts as one that names no time.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def check(expression: str) -> None:
    """Raise `InvalidSchedule`, with one sentence, unless the expression names times."""
    if len(expression) > MAX_LENGTH:
        said = _("A cron expression has at most %(most)d characters, not %(count)d.")
        raise InvalidSchedule(said % {"most": MAX_LENGTH, "count": len(expression)})
    fields = len(expression.split())
    if fields != FIELDS or not (expression.isascii() and expression.isprintable()):
        said = _(
            "%(given)r is no cron expression: write five fields like '30 2 * * *' (minute, hour, "
            "day, month, day of the week)."
        )
        raise InvalidSchedule(said % {"given": expression})
    try:
        found = next(CronSim(expression, SOME_DAY), None)
    except CronSimError as error:
        why = WRONG.get(str(error), str(error))
        said = _("%(given)r is no cron expression: %(why)s.") % {"given": expression, "why": why}
        raise InvalidSchedule(said) from error
    if found is None:
        said = _("%(given)r names no day that there is within 50 years.")
        raise InvalidSchedule(said % {"given": expression})


def ticks(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield every time later than `after`, in UTC. The expression has been checked."""
    newest = after
    for tick in CronSim(expression, after.astimezone(zone)):
        # From within an hour that comes twice, the first one's times are found once more.
        when = tick.astimezone(UTC)
        if when > newest:
            newest = when
            yield when
    said = _("%(given)r names no more time within 50 years.")
    raise InvalidSchedule(said % {"given": expression})
