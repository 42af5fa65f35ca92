"""A histogram says how long things take, within its error."""

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tasks.models import RunStatus, TaskRun
from tasks.statistics.buckets import TimeBetween, bucket_between
from tasks.statistics.histogram import BOUNDS, Histogram, Percentiles
from tasks.tests.factories import make_run

WORST = math.sqrt(2) + 0.001


@pytest.mark.parametrize("seed", range(20))
def test_percentiles_are_wrong_by_no_more_than_a_step(seed: int) -> None:
    source = random.Random(seed)
    values = sorted(source.lognormvariate(0, 2.5) for _ in range(source.randint(1, 2000)))
    values = [min(max(value, 0.001), 3600.0) for value in values]
    histogram = Histogram.of(values)

    for part in (0.5, 0.95, 0.99):
        true = values[math.ceil(part * len(values)) - 1]
        estimate = histogram.percentile(part)
        assert estimate is not None
        assert true / WORST <= estimate <= true * WORST


def test_nothing_measured_has_no_percentiles() -> None:
    assert Histogram().percentiles() == Percentiles(None, None, None)
    assert Histogram.of([]).percentiles() == Percentiles(None, None, None)


def test_what_is_longer_than_the_last_bound_counts_as_the_last_bound() -> None:
    assert Histogram.of([1e9]).percentile(0.5) == BOUNDS[-1]
    assert Histogram.of([0.0]).percentile(1.0) == BOUNDS[0]


def test_what_is_written_can_be_added_up() -> None:
    source = random.Random(7)
    parts = [[source.expovariate(0.3) for _ in range(50)] for _ in range(9)]
    texts = [Histogram.of(part).text() for part in parts] + [Histogram().text()]

    together = Histogram.read(texts)

    assert together.text() == Histogram.of([value for part in parts for value in part]).text()


@pytest.mark.django_db
def test_the_database_finds_the_bucket_that_python_finds() -> None:
    source = random.Random(3)
    begin = timezone.now()
    around = [bound + step for bound in BOUNDS for step in (-1e-6, 0.0, 1e-6)]
    # Noted in microseconds in a column of whole numbers, which ends at 2,147 s.
    lengths = [0.0, *(length for length in around if length < 2000), *_some(source, 100)]
    for length in lengths:
        make_run(
            status=RunStatus.SUCCESSFUL,
            attempted_at=begin,
            finished_at=begin + timedelta(seconds=length),
            attempt=round(length * 1_000_000),
        )

    places = TaskRun.objects.annotate(place=bucket_between("attempted_at", "finished_at"))
    found = places.values_list("attempt", "place")

    assert found.count() > 200
    for microseconds, place in found:
        assert Histogram.of([microseconds / 1_000_000]).counts.index(1) == place


@pytest.mark.django_db
@pytest.mark.parametrize("begun", [0, 1, 999_999, 500_000])
@pytest.mark.parametrize("ended", [0, 1, 999_999, 1_000_000, 86_400_000_001])
def test_the_database_finds_the_time_between_to_the_microsecond(begun: int, ended: int) -> None:
    # A whole second is written without a fraction.
    begin = datetime(2026, 2, 28, 23, 59, 59, begun, tzinfo=UTC)
    end = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC) + timedelta(microseconds=ended)
    make_run(status=RunStatus.SUCCESSFUL, attempted_at=begin, finished_at=end)

    between = TaskRun.objects.annotate(between=TimeBetween("attempted_at", "finished_at"))

    assert between.values_list("between", flat=True).get() == end - begin


def _some(source: random.Random, count: int) -> list[float]:
    return [source.uniform(0, 100) for _ in range(count)]
