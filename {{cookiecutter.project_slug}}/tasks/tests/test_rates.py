"""No window, wherever it begins, sees more starts than a rate allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rates import Rate


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [("1/s", 1, 1), ("100/m", 100, 60), ("5/30s", 5, 30), ("7/2h", 7, 7200), ("1/d", 1, 86400)],
)
def test_a_rate_is_a_count_and_a_window(text: str, count: int, seconds: float) -> None:
    assert Rate.parse(text) == Rate(count, seconds)


@pytest.mark.parametrize(
    "text", ["", "100", "0/s", "5/0s", "-1/s", "1/w", "1 / s", "1.5/s", 5, None]
)
def test_what_is_no_rate_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"write it like|it allows"):
        Rate.parse(text)


@given(
    count=st.integers(1, 8),
    seconds=st.sampled_from([1.0, 7.0, 60.0]),
    pauses=st.lists(st.tuples(st.floats(0, 2), st.integers(1, 9)), max_size=60),
)
def test_no_window_sees_more_starts_than_the_rate_allows(
    count: int, seconds: float, pauses: list[tuple[float, int]]
) -> None:
    rate = Rate(count, seconds)
    now, starts, log = 1_800_000_000.0, dict[str, int](), list[float]()
    for pause, wanted in pauses:
        now += pause * seconds
        started = min(wanted, rate.room(starts, now))
        starts = rate.add(starts, now, started)
        log += [now] * started

    for begin in log:
        assert sum(begin <= moment < begin + seconds for moment in log) <= count
    assert len(starts) <= 52


@given(count=st.integers(1, 20), seconds=st.sampled_from([1.0, 60.0, 3600.0]))
def test_a_rate_opens_when_it_says(count: int, seconds: float) -> None:
    rate = Rate(count, seconds)
    now = 1_800_000_000.5
    starts = rate.add({}, now, count)
    opens_in = rate.opens_in(starts, now)

    assert rate.room(starts, now) == 0
    assert rate.room(starts, now + opens_in + 1e-3) == count
    assert seconds < opens_in <= seconds * 1.05
