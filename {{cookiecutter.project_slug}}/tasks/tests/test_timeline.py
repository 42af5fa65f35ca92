"""A timeline leaves no minute and no hour out, and says what the rows say."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tasks.ledger.clock import now
from tasks.models import FINAL, RunStatus, TaskRun
from tasks.service import service
from tasks.statistics.rollups import HOUR, MINUTE, floor, roll_up
from tasks.statistics.timeline import MOST_BUCKETS
from tasks.tests.ended_factories import NAMES, QUEUES, make_ended, make_many_ended

pytestmark = [pytest.mark.alike, pytest.mark.django_db]


def rows_by_step(step: timedelta, since: datetime, **wanted: str) -> Counter[tuple[datetime, str]]:
    rows = TaskRun.objects.filter(finished_at__gte=since, **wanted)
    return Counter(
        (floor(finished_at, step), status)
        for finished_at, status in rows.values_list("finished_at", "status")
        if finished_at is not None
    )


@pytest.mark.parametrize("counted", ["never", "partly", "wholly"])
@pytest.mark.parametrize("step", [MINUTE, HOUR, 2 * HOUR])
def test_it_is_the_same_however_much_is_rolled_up(
    step: timedelta, counted: str, django_assert_max_num_queries: Any
) -> None:
    source = random.Random(f"{step} {counted}")
    make_many_ended(300, since=now() - timedelta(hours=5), until=now(), source=source)
    if counted == "partly":
        roll_up(most=40)
    while counted == "wholly" and roll_up():
        pass

    wanted: tuple[tuple[dict[str, Any], dict[str, str]], ...] = (
        ({}, {}),
        ({"task": NAMES[0]}, {"name": NAMES[0]}),
        ({"queue": QUEUES[1]}, {"queue": QUEUES[1]}),
    )
    for more, columns in wanted:
        since = now() - timedelta(hours=4)
        # Half an hour off: what a step is does not depend on where one looks from.
        with timezone.override("Asia/Kolkata"), django_assert_max_num_queries(4):
            found = service.timeline(step, since=since, **more)

        said = {
            (bucket.starts_at, status): number
            for bucket in found.buckets
            for status in FINAL
            if (number := getattr(bucket, status.lower()))
        }
        assert said == rows_by_step(step, found.since, **columns)


@pytest.mark.parametrize(("step", "count"), [(MINUTE, 60), (HOUR, 24)])
def test_every_step_is_there_and_the_last_is_now(step: timedelta, count: int) -> None:
    make_ended(now() - timedelta(seconds=1), status=RunStatus.FAILED)

    found = service.timeline(step)

    assert len(found.buckets) == count
    starts = [bucket.starts_at for bucket in found.buckets]
    assert starts == [found.since + number * step for number in range(count)]
    assert starts[-1] <= now() < found.until
    assert sum(bucket.failed for bucket in found.buckets) == 1
    assert [bucket.wait.p50 for bucket in found.buckets].count(None) == count - 1


def test_an_end_on_the_hour_begins_no_further_hour() -> None:
    until = floor(now(), HOUR)

    found = service.timeline(HOUR, since=until - 3 * HOUR, until=until)

    assert found.until == until
    assert len(found.buckets) == 3


@pytest.mark.parametrize(
    ("step", "more"),
    [
        (timedelta(minutes=5), {}),
        (timedelta(minutes=90), {}),
        (MINUTE, {"since": datetime(2200, 1, 1, tzinfo=UTC)}),
        (MINUTE, {"since": datetime(1, 1, 1, tzinfo=UTC)}),
        (MINUTE, {"until": datetime(2020, 1, 1, tzinfo=UTC)}),
        (HOUR, {"until": datetime(1, 1, 1, tzinfo=UTC)}),
        (HOUR, {"until": datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "since": None, "days": 80}),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(step: timedelta, more: dict[str, Any]) -> None:
    if days := more.pop("days", None):
        more["since"] = now() - timedelta(days=days)
        assert days * 24 > MOST_BUCKETS
    with pytest.raises(ValueError, match=r"step|Step"):
        service.timeline(step, **more)
