"""Rollups count every ending just once, whoever counts, and statistics say what the rows say."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum

from tasks.ledger.clock import now
from tasks.models import FINAL, Overall, Rollup, RunStatus, TaskRun, Watermark
from tasks.statistics.rollups import (
    HOUR,
    JOB,
    MINUTE,
    counted_between,
    endings_of,
    floor,
    prune_rollups,
    reached,
    roll_up,
)
from tasks.tests.ended_factories import make_ended, make_many_ended

pytestmark = [pytest.mark.alike, pytest.mark.django_db]


def counted_rows(since: datetime, until: datetime) -> Counter[tuple[str, ...]]:
    rows = TaskRun.objects.filter(finished_at__gte=since, finished_at__lt=until)
    return Counter(rows.values_list("name", "queue", "status"))


def counted_rollups(since: datetime, until: datetime) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for key, part in endings_of(counted_between(since, until), "name", "queue").items():
        for status in FINAL:
            found[*key, status] = getattr(part, status.lower())
    return +found


@pytest.mark.parametrize("seed", range(5))
def test_rollups_count_what_the_rows_say(seed: int) -> None:
    source = random.Random(seed)
    begin = now() - timedelta(hours=source.uniform(1, 30))
    make_many_ended(400, since=begin, until=now(), source=source)

    while roll_up():
        pass

    mark = reached()
    assert mark is not None
    assert now() - mark < timedelta(seconds=75)
    assert sum(counted_rows(begin, mark).values()) > 300
    for _ in range(10):
        since = floor(begin + (mark - begin) * source.random(), MINUTE)
        until = floor(since + (mark - since) * source.random(), MINUTE)
        assert counted_rollups(since, until) == counted_rows(since, until)


def test_a_minute_is_counted_when_it_has_been_over_for_ten_seconds() -> None:
    minute = floor(now() - timedelta(seconds=70), MINUTE)
    make_ended(minute + timedelta(seconds=59.9))
    make_ended(minute + MINUTE)

    assert roll_up() == 1

    (row,) = Rollup.objects.all()
    assert (row.starts_at, row.successful) == (minute, 1)
    assert reached() == minute + MINUTE
    assert roll_up() == 0


def test_counting_twice_changes_nothing() -> None:
    make_ended(now() - timedelta(minutes=5))

    assert (roll_up(), roll_up(), roll_up()) == (1, 0, 0)

    assert Rollup.objects.filter(size=60).count() == 1


def test_what_no_timer_was_there_for_is_caught_up_a_part_at_a_time() -> None:
    begin = floor(now() - timedelta(minutes=30), MINUTE)
    for minute in range(10):
        make_ended(begin + minute * MINUTE)

    assert [roll_up(most=4) for _ in range(4)] == [4, 4, 2, 0]

    assert Rollup.objects.filter(size=60).aggregate(all=Sum("successful")) == {"all": 10}


def test_a_year_in_which_nothing_ended_is_jumped_over(
    django_assert_max_num_queries: pytest.FixtureRequest,
) -> None:
    make_ended(now() - timedelta(days=365))
    make_ended(now() - timedelta(minutes=5))

    with django_assert_max_num_queries(60):  # type: ignore[operator]
        assert roll_up() == 2

    mark = reached()
    assert mark is not None
    assert now() - mark < timedelta(seconds=75)


def test_where_nothing_ever_ended_the_watermark_still_moves() -> None:
    Watermark.objects.create(name=JOB, reached_at=floor(now(), MINUTE) - HOUR)

    assert roll_up() == 0

    mark = reached()
    assert mark is not None
    assert now() - mark < timedelta(seconds=75)
    assert Rollup.objects.count() == 0


def test_a_full_hour_is_one_row_for_each_task_and_queue() -> None:
    hour = floor(now(), HOUR) - 3 * HOUR
    for minute in (0, 1, 30, 59):
        make_ended(hour + minute * MINUTE)
    make_ended(hour + 30 * MINUTE, status=RunStatus.FAILED)
    make_ended(hour + 30 * MINUTE, queue="mail")

    roll_up()

    rows = Rollup.objects.filter(size=3600).order_by("queue")
    assert [(row.starts_at, row.queue, row.successful, row.failed) for row in rows] == [
        (hour, "default", 4, 1),
        (hour, "mail", 1, 0),
    ]


def test_what_never_started_has_no_wait_and_no_duration() -> None:
    ended = now() - timedelta(minutes=5)
    make_ended(ended, status=RunStatus.CANCELLED, attempted_at=None)
    # Failed, retried by a person, and cancelled before it was started again.
    make_ended(ended, status=RunStatus.CANCELLED, run_at=ended - timedelta(seconds=1))

    roll_up()

    (row,) = Rollup.objects.filter(size=60)
    assert (row.cancelled, row.waits, row.durations) == (2, "[]", "[]")


def test_old_rollups_are_pruned_and_those_still_to_be_added_up_are_kept() -> None:
    long_ago = floor(now() - timedelta(days=100), HOUR)
    make_ended(long_ago)
    make_ended(now() - timedelta(days=3))
    make_ended(now() - timedelta(hours=5))
    roll_up()

    while prune_rollups():
        pass

    for model in (Rollup, Overall):
        rows = model._default_manager.values_list("size", "starts_at")
        ages = {(size, (now() - starts_at).days) for size, starts_at in rows}
        assert ages == {(3600, 3), (3600, 0), (60, 0)}

    Watermark.objects.update(reached_at=long_ago)
    Rollup.objects.create(
        size=60, starts_at=long_ago, name="a", queue="b", waits="[]", durations="[]"
    )
    assert prune_rollups() == 0


@pytest.mark.django_db(transaction=True)
def test_a_minute_is_counted_once_however_many_timers_there_are() -> None:
    begin = floor(now() - timedelta(minutes=40), MINUTE)
    for minute in range(20):
        make_ended(begin + minute * MINUTE)

    with ThreadPoolExecutor(4) as timers:
        counted = sum(timers.map(_roll_up_as_another, range(4)))
    while more := roll_up():
        counted += more

    assert counted == 20
    assert Rollup.objects.filter(size=60).aggregate(all=Sum("successful")) == {"all": 20}


def _roll_up_as_another(_number: int) -> int:
    try:
        return roll_up()
    finally:
        connection.close()
