"""Which backups are kept."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reports.backups.rotation import Rotation, kept

START = datetime(2026, 1, 1, 2, tzinfo=UTC)
END = START + timedelta(days=800)

times = st.sets(st.datetimes(START.replace(tzinfo=None), END.replace(tzinfo=None)), max_size=60)
numbers = st.integers(0, 8)
rotations = st.builds(Rotation, daily=st.integers(1, 8), weekly=numbers, monthly=numbers)


def aware(naive: set[datetime]) -> list[datetime]:
    return sorted(time.replace(tzinfo=UTC) for time in naive)


@given(times, rotations)
def test_as_many_as_were_asked_for_are_kept_and_the_newest_always_is(
    naive: set[datetime], rotation: Rotation
) -> None:
    taken = aware(naive)

    staying = kept(taken, rotation)

    assert staying <= set(taken)
    assert len(staying) <= rotation.daily + rotation.weekly + rotation.monthly
    assert not taken or taken[-1] in staying


@given(times, rotations)
def test_each_of_the_last_days_weeks_and_months_keeps_its_newest(
    naive: set[datetime], rotation: Rotation
) -> None:
    taken = aware(naive)
    staying = kept(taken, rotation)

    for form, most in (
        ("%Y-%m-%d", rotation.daily),
        ("%G-%V", rotation.weekly),
        ("%Y-%m", rotation.monthly),
    ):
        newest = {time.strftime(form): time for time in taken}
        last = sorted(newest.values())[-most:] if most else []
        assert set(last) <= staying


@given(times, rotations)
def test_to_rotate_after_each_backup_is_to_rotate_once_at_the_end(
    naive: set[datetime], rotation: Rotation
) -> None:
    there: set[datetime] = set()
    for time in aware(naive):
        there = kept({*there, time}, rotation)

    assert there == kept(aware(naive), rotation)


def test_a_year_of_nights_leaves_seven_days_four_weeks_and_six_months() -> None:
    nights = [START + timedelta(days=number) for number in range(365)]

    staying = sorted(kept(nights, Rotation(daily=7, weekly=4, monthly=6)), reverse=True)

    assert [f"{time:%m-%d}" for time in staying] == [
        *("12-31", "12-30", "12-29", "12-28", "12-27", "12-26", "12-25"),
        *("12-20", "12-13"),
        *("11-30", "10-31", "09-30", "08-31", "07-31"),
    ]


def test_what_is_old_stays_while_nothing_newer_comes() -> None:
    old = [START, START + timedelta(days=1)]

    assert kept(old, Rotation(daily=2, weekly=0, monthly=0)) == set(old)
