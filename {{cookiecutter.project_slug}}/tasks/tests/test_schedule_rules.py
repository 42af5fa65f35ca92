"""The times that a rule names: across clock changes, leap days and year's ends."""

import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tasks.errors import InvalidSchedule
from tasks.schedules import Rule, next_tick, next_ticks
from tasks.schedules.rules import count_ticks, newest_tick

BERLIN, NEW_YORK, KATHMANDU = "Europe/Berlin", "America/New_York", "Asia/Kathmandu"

# The days of 2026 on which the clocks change: forward, back.
CHANGES = {
    BERLIN: (date(2026, 3, 29), date(2026, 10, 25)),
    NEW_YORK: (date(2026, 3, 8), date(2026, 11, 1)),
}
ZONES = (
    *("Africa/Casablanca", "Africa/Nairobi", "America/Havana", "America/New_York"),
    *("America/Phoenix", "America/Santiago", "America/St_Johns", "Antarctica/Troll"),
    *("Asia/Amman", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Asia/Tokyo"),
    *("Australia/Lord_Howe", "Australia/Sydney", "Europe/Berlin", "Europe/London"),
    *("Pacific/Apia", "Pacific/Chatham", "UTC"),
)
MINUTE = timedelta(minutes=1)
MOMENTS = st.integers(0, 6 * 365 * 24 * 60 * 60).map(
    lambda second: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)
# Around the days of spring and autumn on which most zones change their clocks, all over the world.
CHANGE_MOMENTS = st.builds(
    lambda change, second: change + timedelta(seconds=second),
    st.sampled_from(
        [
            datetime(2026, month, day, tzinfo=UTC)
            for month, day in ((3, 8), (3, 29), (4, 5), (9, 6), (9, 27), (10, 4), (10, 25), (11, 1))
        ]
    ),
    st.integers(-36 * 60 * 60, 36 * 60 * 60),
)


def on_day(rule: Rule, day: date) -> list[datetime]:
    """All ticks of one local day, in local time."""
    zone = ZoneInfo(rule.timezone)
    start, end = (
        datetime.combine(midnight, clock.min, zone) for midnight in (day, day + timedelta(days=1))
    )
    found = []
    tick = next_tick(rule, start - timedelta(seconds=1))
    while tick < end.astimezone(UTC):
        found.append(tick.astimezone(zone))
        tick = next_tick(rule, tick)
    return found


@pytest.mark.parametrize("zone", CHANGES)
def test_a_job_of_half_past_two_runs_once_on_the_days_on_which_the_clocks_change(zone: str) -> None:
    forward, back = CHANGES[zone]
    rule = Rule(cron="30 2 * * *", timezone=zone)

    (skipped,) = on_day(rule, forward)
    (doubled,) = on_day(rule, back)

    # Half past two does not exist on the first day: it runs when the hour is over.
    assert (skipped.hour, skipped.minute) == (3, 0)
    assert (doubled.hour, doubled.minute, doubled.fold) == (2, 30, 0)


@pytest.mark.parametrize("zone", CHANGES)
def test_a_job_of_every_half_hour_goes_on_when_the_clocks_change(zone: str) -> None:
    forward, back = CHANGES[zone]
    rule = Rule(cron="*/30 * * * *", timezone=zone)

    assert len(on_day(rule, forward)) == 46
    assert len(on_day(rule, back)) == 50
    assert len(on_day(rule, back + timedelta(days=1))) == 48


def test_a_tick_looked_for_from_within_the_second_of_two_hours_is_not_one_of_the_first() -> None:
    rule = Rule(cron="30 2 * * *", timezone=BERLIN)
    second_quarter_past_two = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)

    assert next_tick(rule, second_quarter_past_two) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 0 29 2 *", "UTC", "2026-03-01T00:00Z", "2028-02-29T00:00Z"),
        ("59 23 31 12 *", "UTC", "2026-12-31T23:58Z", "2026-12-31T23:59Z"),
        ("59 23 31 12 *", "UTC", "2026-12-31T23:59Z", "2027-12-31T23:59Z"),
        ("0 0 1 1 *", NEW_YORK, "2026-12-31T12:00Z", "2027-01-01T05:00Z"),
        ("0 6 * * *", KATHMANDU, "2026-11-21T00:00Z", "2026-11-21T00:15Z"),
        ("0 6 * * *", KATHMANDU, "2026-11-21T00:15Z", "2026-11-22T00:15Z"),
        ("0 9 * * MON-FRI", "UTC", "2026-11-20T09:00Z", "2026-11-23T09:00Z"),
    ],
)
def test_the_next_tick(cron: str, zone: str, after: str, expected: str) -> None:
    rule = Rule(cron=cron, timezone=zone)

    assert next_tick(rule, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


def test_ticks_are_utc_and_follow_each_other() -> None:
    rule = Rule(cron="0 2 * * *", timezone=BERLIN)

    ticks = next_ticks(rule, datetime(2026, 3, 27, 12, tzinfo=UTC), 3)

    assert [tick.isoformat() for tick in ticks] == [
        "2026-03-28T01:00:00+00:00",
        "2026-03-29T01:00:00+00:00",
        "2026-03-30T00:00:00+00:00",
    ]


def test_an_interval_has_the_same_ticks_whoever_asks_and_whenever() -> None:
    rule = Rule(every=300)

    for second in (0, 1, 299):
        after = datetime(2026, 11, 21, 9, 0, second % 60, tzinfo=UTC) + second // 60 * MINUTE
        assert next_tick(rule, after) == datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
    assert next_tick(rule, datetime(2026, 11, 21, 9, 5, tzinfo=UTC)).minute == 10


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 59),
    hour=st.one_of(st.none(), st.integers(0, 23)),
    weekday=st.one_of(st.none(), st.integers(0, 6)),
    after=MOMENTS,
)
def test_next_tick_is_what_a_look_at_every_minute_finds(
    zone: str, minute: int, hour: int | None, weekday: int | None, after: datetime
) -> None:
    """Debian's rule, and what the clock on the wall shows, agree except where the clock jumps.

    So this holds where no change of the clock lies between `after`, less a day, and the tick, plus
    a day. What holds across changes is in the tests above.
    """
    local = ZoneInfo(zone)
    start = after.replace(second=0)
    end = start + timedelta(days=9)
    assume(len({moment(start, hours, local).utcoffset() for hours in range(-24, 24 * 9)}) == 1)
    rule = Rule(
        cron=f"{minute} {'*' if hour is None else hour} * * {'*' if weekday is None else weekday}",
        timezone=zone,
    )

    candidate = start + MINUTE
    while candidate < end:
        shown = candidate.astimezone(local)
        if (
            shown.minute == minute
            and hour in (None, shown.hour)
            and weekday in (None, shown.isoweekday() % 7)
        ):
            break
        candidate += MINUTE
    assert next_tick(rule, after) == candidate


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    step=st.sampled_from([1, 7, 15, 20, 30]),
    after=st.one_of(MOMENTS, CHANGE_MOMENTS),
)
def test_a_job_of_every_so_many_minutes_goes_by_the_wall_whatever_the_clocks_do(
    zone: str, step: int, after: datetime
) -> None:
    """With a minute that begins with `*` there is no exception to what the wall shows."""
    candidate = after.replace(second=0) + MINUTE
    while candidate.astimezone(ZoneInfo(zone)).minute % step:
        candidate += MINUTE

    assert next_tick(Rule(cron=f"*/{step} * * * *", timezone=zone), after) == candidate


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    day=st.one_of(MOMENTS, CHANGE_MOMENTS).map(datetime.date),
)
def test_a_daily_job_runs_exactly_once_on_every_day_in_every_zone(
    zone: str, minute: int, hour: int, day: date
) -> None:
    (tick,) = on_day(Rule(cron=f"{minute} {hour} * * *", timezone=zone), day)

    shown = (tick.hour, tick.minute)
    # Later only where the clock has jumped over it.
    assert shown == (hour, minute) or (shown > (hour, minute) and jumps(tick))


def jumps(tick: datetime) -> bool:
    """Whether the clock was put forward just before."""
    before = (tick.astimezone(UTC) - MINUTE).astimezone(tick.tzinfo)
    return before.utcoffset() != tick.utcoffset()


def moment(start: datetime, hours: int, zone: ZoneInfo) -> datetime:
    return (start + timedelta(hours=hours)).astimezone(zone)


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    cron=st.sampled_from(
        ["30 2 * * *", "*/30 * * * *", "0 0 * * *", "15 1,2,3 * * *", "0 * * * *"]
    ),
    after=MOMENTS,
)
def test_ticks_only_go_forward_in_every_zone(zone: str, cron: str, after: datetime) -> None:
    rule = Rule(cron=cron, timezone=zone)
    ticks = next_ticks(rule, after, 5)

    assert after < ticks[0]
    assert all(earlier < later for earlier, later in pairwise(ticks))
    # Found one by one they are the same as found in a row.
    found = [after]
    for _ in ticks:
        found.append(next_tick(rule, found[-1]))
    assert found[1:] == ticks
    assert newest_tick(rule, ticks[0], ticks[4]) == ticks[4]
    assert newest_tick(rule, ticks[0], ticks[4] - timedelta(seconds=1)) == ticks[3]
    assert count_ticks(rule, ticks[0], ticks[4], most=100) == 4


@pytest.mark.parametrize(
    "expression",
    [
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "0 0 */29 2 5#5",
        "",
        " ",
        "garbage",
        "* * * *",
        "0 * * * * *",
        "60 * * * *",
        "*/0 * * * *",
        "* * * * 9",
        "@daily",
        "0 0 * * *\n",
        "0 0 * * \x00",
        "٣ * * * *",
        "-1 * * * *",
        "1-99999999999999999999999 * * * *",
        ",".join("0123456789" * 1000) + " * * * *",
        "*/1" * 30 + " * * * *",
        "1#1/1 * * * 1#1/1",
    ],
)
def test_an_expression_that_makes_no_sense_is_refused_within_a_second(expression: str) -> None:
    began = time.thread_time()

    with pytest.raises(InvalidSchedule) as refused:
        Rule(cron=expression)

    assert time.thread_time() - began < 1
    assert len(str(refused.value)) < 250
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "zone",
    ["", "Berlin", "europe/berlin", "../../../etc/passwd", "/etc/localtime", "Europe/", "\0"],
)
def test_a_time_zone_that_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(InvalidSchedule, match="is no time zone"):
        Rule(cron="0 2 * * *", timezone=zone)


@pytest.mark.parametrize("seconds", [0, -1, 366 * 24 * 3600 + 1])
def test_an_interval_out_of_reach_is_refused(seconds: int) -> None:
    with pytest.raises(InvalidSchedule, match="1 second to 366 days"):
        Rule(every=seconds)


def test_a_rule_is_either_or() -> None:
    with pytest.raises(InvalidSchedule, match="either a cron expression or an interval"):
        Rule()
    with pytest.raises(InvalidSchedule, match="either a cron expression or an interval"):
        Rule(cron="0 2 * * *", every=60)
