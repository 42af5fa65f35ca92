"""What becomes of the ticks that are due: which run, and which are recorded as missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from tasks.models import CatchUp
from tasks.reasons import AT_LEAST, NO_TIMER
from tasks.schedules.rules import Rule, count_ticks, newest_tick, next_tick, ticks

ON_TIME = timedelta(seconds=60)
"""A tick that is no later than this is on time: it runs whatever the schedule says of late ones."""
MOST_RUNS = 200
"""So many ticks of one schedule run in one transaction; the others in the next."""
MOST_COUNTED = 1000

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Ticks that do not run, as one record."""

    first: datetime
    count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do about a schedule that is due."""

    run: tuple[datetime, ...]
    missed: Missed | None
    next_at: datetime
    """The first tick that is not dealt with. Not later than now: there are more to run."""


def plan(rule: Rule, due: datetime, *, now: datetime, catch_up: str, grace: timedelta) -> Plan:
    """Return what becomes of the ticks from `due`, which is one of them, until `now`.

    On time: they run. Late: with `CatchUp.ALL` those within the grace run, with `CatchUp.ONE` the
    newest if it is within the grace and none is on time.
    """
    run = _from(rule, due, _runs_from(now, catch_up, grace), now)
    if not run and catch_up == CatchUp.ONE:
        newest = newest_tick(rule, due, now)
        run = (newest,) if now - newest <= grace else ()
    return Plan(
        run=run,
        missed=_missed(rule, due, run[0] if run else now + _TICK),
        next_at=next_tick(rule, run[-1] if len(run) == MOST_RUNS else now),
    )


def _runs_from(now: datetime, catch_up: str, grace: timedelta) -> datetime:
    return now - (max(grace, ON_TIME) if catch_up == CatchUp.ALL else ON_TIME)


def _from(rule: Rule, due: datetime, since: datetime, now: datetime) -> tuple[datetime, ...]:
    first = due if due >= since else next_tick(rule, since - _TICK)
    if first > now:
        return ()
    following = ticks(rule, first)
    rest = (next(following) for _ in range(MOST_RUNS - 1))
    return (first, *takewhile(lambda tick: tick <= now, rest))


def _missed(rule: Rule, due: datetime, until: datetime) -> Missed | None:
    if due >= until:
        return None
    count = count_ticks(rule, due, until, most=MOST_COUNTED)
    reason = NO_TIMER % {"since": _text(due), "until": _text(until)}
    if count == MOST_COUNTED and rule.every is None:
        reason = f"{AT_LEAST % {'count': count}} {reason}"
    return Missed(first=due, count=count, reason=reason)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
