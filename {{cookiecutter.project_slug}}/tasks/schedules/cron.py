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

from tasks.errors import InvalidSchedule

MAX_LENGTH = 100
FIELDS = 5
EXAMPLE = "write it like '30 2 * * *' (minute, hour, day, month, day of the week)"

# From here fifty years are searched before an expression counts as one that names no time.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)
def check(expression: str) -> None:
    """Raise `InvalidSchedule`, with one sentence, unless the expression names times."""
    if len(expression) > MAX_LENGTH:
        raise InvalidSchedule(
            f"A cron expression has at most {MAX_LENGTH} characters, not {len(expression)}."
        )
    if not (expression.isascii() and expression.isprintable()):
        raise InvalidSchedule(f"{expression!r} is no cron expression: {EXAMPLE}.")
    if len(expression.split()) != FIELDS:
        raise InvalidSchedule(
            f"{expression!r} has {len(expression.split())} fields instead of {FIELDS}: {EXAMPLE}."
        )
    try:
        found = next(CronSim(expression, SOME_DAY), None)
    except CronSimError as error:
        raise InvalidSchedule(f"{expression!r} is no cron expression: {error}.") from error
    if found is None:
        raise InvalidSchedule(f"{expression!r} names no day that there is within 50 years.")


@lru_cache(maxsize=1024)
def in_words(expression: str) -> str:
    """Return what an expression, which has been checked, means: in English, whoever reads it."""
    return str(CronSim(expression, SOME_DAY).explain())


def ticks(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield every time later than `after`, in UTC. The expression has been checked."""
    newest = after
    for tick in CronSim(expression, after.astimezone(zone)):
        # From within an hour that comes twice, the first one's times are found once more.
        when = tick.astimezone(UTC)
        if when > newest:
            newest = when
            yield when
    raise InvalidSchedule(f"{expression!r} names no more time within 50 years.")
