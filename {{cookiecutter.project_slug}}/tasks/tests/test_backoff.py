"""The wait before the next attempt grows, within its limits, whatever the numbers are."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tasks import verdict
from tasks.conf import options
from tasks.ledger.leases import crash_delay
from tasks.options import MAX_SECONDS
from tasks.tests.sample.tasks import add

SECONDS = st.floats(0, MAX_SECONDS, allow_subnormal=False)


@given(backoff=SECONDS, most=SECONDS, spent=st.integers(1, 1000))
def test_a_wait_is_within_half_and_the_whole_of_its_step(
    backoff: float, most: float, spent: int
) -> None:
    wait = verdict.backoff(replace(add, backoff=backoff, max_backoff=most), spent)

    step = min(most, backoff * 2.0 ** min(spent - 1, 60))
    assert step / 2 <= wait <= step


@given(backoff=st.floats(0.001, 3600), spent=st.integers(1, 30))
def test_no_wait_is_shorter_than_half_of_the_one_before(backoff: float, spent: int) -> None:
    task = replace(add, backoff=backoff, max_backoff=float(MAX_SECONDS))

    before, after = (verdict.backoff(task, number) for number in (spent, spent + 1))

    assert after >= before / 2


@given(crashes=st.integers(1, 2000))
def test_a_run_that_crashed_once_comes_back_at_once_and_later_after_a_bounded_wait(
    crashes: int,
) -> None:
    wait = crash_delay(crashes)

    assert (wait == 0) if crashes == 1 else (1 <= wait <= options().max_backoff)
