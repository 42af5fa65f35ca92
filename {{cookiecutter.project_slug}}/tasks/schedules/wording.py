"""A cron expression in the reader's own words.

They are made from the times that cronsim reads out of it and not from how it is spelt, so what they
say is what happens: that `0 0 */2 * 1` means Mondays on odd days, and `0 0 13 * 5` every 13th and
every Friday, is easily missed in the expression.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from itertools import pairwise

from cronsim import CronSim
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tasks.schedules.cron import SOME_DAY

MOST_TIMES = 6
"""So many times of a day are listed; more are told as minutes of hours."""
SHORTEST_SPAN = 3
"""So many values in a row are told as a span."""
SHORTEST_STEPS = 5
"""So many values at even distances are told as steps."""
ALL_DAYS = frozenset(range(1, 32))
ALL_WEEKDAYS = frozenset(range(7))

NTH = {
    CronSim.LAST: gettext_lazy("on the last %(weekday)s of the month"),
    1: gettext_lazy("on the first %(weekday)s of the month"),
    2: gettext_lazy("on the second %(weekday)s of the month"),
    3: gettext_lazy("on the third %(weekday)s of the month"),
    4: gettext_lazy("on the fourth %(weekday)s of the month"),
    5: gettext_lazy("on the fifth %(weekday)s of the month"),
}

type Day = int | tuple[int, int]


def in_words(expression: str) -> str:
    """Return what an expression, which has been checked, means."""
    rule = CronSim(expression, SOME_DAY)
    hours, minutes = rule.hours, rule.minutes
    names_times = len(hours) * len(minutes) <= MOST_TIMES
    told = [_times(hours, minutes)] if names_times else list(_hours(hours, minutes))
    if days := _days(rule.days, rule.weekdays, narrow=rule.day_and):
        told.append(days)
    elif names_times:
        told.append(_("every day"))
    if len(rule.months) < len(MONTHS):
        told.append(_("in %(months)s") % {"months": _listed(rule.months, lambda n: str(MONTHS[n]))})
    return str(capfirst(", ".join(told)))


def _times(hours: Collection[int], minutes: Collection[int]) -> str:
    times = [f"{hour:02}:{minute:02}" for hour in sorted(hours) for minute in sorted(minutes)]
    return _("at %(times)s") % {"times": _joined(times)}


def _hours(hours: Collection[int], minutes: Collection[int]) -> Iterator[str]:
    every = _step(minutes, 60)
    if every is not None:
        yield _("every minute") if every == 1 else _("every %(count)d minutes") % {"count": every}
    elif set(minutes) == {0}:
        yield _("on the hour")
    else:
        said = ngettext("at minute %(minutes)s", "at the minutes %(minutes)s", len(minutes))
        yield said % {"minutes": _listed(minutes, str)}
    step = _step(hours, 24)
    if step == 1 and every is None:
        yield _("every hour")
    elif step is not None and every is None:
        yield _("every %(count)d hours") % {"count": step}
    elif step != 1:
        said = ngettext("in the hour %(hours)s", "in the hours %(hours)s", len(hours))
        yield said % {"hours": _listed(hours, str)}


def _days(days: Set[int], weekdays: Collection[Day], *, narrow: bool) -> str:
    """Return the days; empty for all. With `narrow` both must fit, else one of them."""
    of_month = "" if days >= ALL_DAYS else _days_of_the_month(days)
    of_week = "" if {day for day in weekdays if day != 7} >= ALL_WEEKDAYS else _weekdays(weekdays)
    if of_month and of_week:
        said = _("%(days)s, but only %(weekdays)s") if narrow else _("%(days)s or %(weekdays)s")
        return said % {"days": of_month, "weekdays": of_week}
    if narrow:
        return of_month or of_week
    return ""


def _days_of_the_month(days: Collection[int]) -> str:
    numbers = {day for day in days if day > 0}
    said = []
    if numbers:
        text = ngettext("on day %(days)s", "on the days %(days)s", len(numbers))
        said.append(text % {"days": _listed(numbers, str)})
    if CronSim.LAST in days:
        said.append(_("on the last day of the month"))
    if CronSim.LAST_WEEKDAY in days:
        said.append(_("on the last working day of the month"))
    return _joined(said)


def _weekdays(weekdays: Collection[Day]) -> str:
    plain = {(day - 1) % 7 for day in weekdays if isinstance(day, int)}
    said = [_("on %(weekdays)s") % {"weekdays": _listed(plain, _weekday)}] if plain else []
    counted = {((day[0] - 1) % 7, day[1]) for day in weekdays if isinstance(day, tuple)}
    for number, nth in sorted(counted):
        said.append(str(NTH[nth]) % {"weekday": _weekday(number)})
    return _joined(said)


def _weekday(number: int) -> str:
    """Return its name; Monday is 0, as `WEEKDAYS` has it and not as cron does."""
    return str(WEEKDAYS[number])


def _step(values: Collection[int], end: int) -> int | None:
    """Return the step by which the values go from 0 to the end, if they do so evenly."""
    step = end // len(values)
    is_even = len(values) > 1 and end % step == 0 and set(values) == set(range(0, end, step))
    return step if is_even else None


def _listed(values: Collection[int], name: Callable[[int], str]) -> str:
    """Return the values in order, three and more in a row as a span, and many steps as one."""
    ordered = sorted(values)
    steps = {after - before for before, after in pairwise(ordered)}
    if len(steps) == 1 and len(ordered) >= SHORTEST_STEPS and 1 not in steps:
        said = _("%(first)s to %(last)s in steps of %(step)d")
        return said % {"first": name(ordered[0]), "last": name(ordered[-1]), "step": steps.pop()}
    told = []
    for span in _spans(ordered):
        if len(span) >= SHORTEST_SPAN:
            ends = {"first": name(span[0]), "last": name(span[-1])}
            told.append(_("%(first)s to %(last)s") % ends)
        else:
            told += map(name, span)
    return _joined(told)


def _spans(values: Sequence[int]) -> Iterator[list[int]]:
    span: list[int] = []
    for value in values:
        if span and value != span[-1] + 1:
            yield span
            span = []
        span.append(value)
    yield span


def _joined(told: Sequence[str]) -> str:
    if len(told) < 2:
        return "".join(told)
    return _("%(first)s and %(last)s") % {"first": ", ".join(told[:-1]), "last": told[-1]}
