"""The overview says what statistics, timeline and tables say, in few queries."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from tasks import ledger
from tasks.control.overview import WINDOWS, Overview, overview
from tasks.control.workforce import Health
from tasks.failure import Failure
from tasks.ledger.clock import now
from tasks.models import GateKind, RunStatus, Schedule, TaskRun, Wish
from tasks.statistics.histogram import Histogram, Percentiles
from tasks.statistics.rollups import HOUR, MINUTE, floor, roll_up
from tasks.tests.ended_factories import make_ended, make_many_ended
from tasks.tests.factories import make_held_run, make_run, make_worker

pytestmark = [pytest.mark.alike, pytest.mark.django_db]


def rows_between(since: Any, until: Any, status: str) -> int:
    rows = TaskRun.objects.filter(finished_at__gte=since, finished_at__lt=until)
    return rows.filter(status=status).count()


def percentiles_of(rows: QuerySet[TaskRun]) -> tuple[Percentiles, Percentiles]:
    """Return those of the waits and of the durations, each run counted by itself."""
    times = [
        (row.attempted_at - row.run_at, row.finished_at - row.attempted_at)
        for row in rows
        if row.attempted_at and row.finished_at and row.attempted_at >= row.run_at
    ]
    waits, durations = ([each[part].total_seconds() for each in times] for part in (0, 1))
    return Histogram.of(waits).percentiles(), Histogram.of(durations).percentiles()


@pytest.mark.parametrize("counted", ["never", "partly", "wholly"])
@pytest.mark.parametrize("window", WINDOWS)
def test_it_says_what_the_rows_say_however_much_is_rolled_up(window: str, counted: str) -> None:
    length = WINDOWS[window].length
    source = random.Random(f"{window} {counted}")
    make_many_ended(200, since=now() - 2.5 * length, until=now(), source=source)
    if counted == "partly":
        roll_up(most=40)
    while counted == "wholly" and roll_up():
        pass

    found = overview(window)

    since, flow = found.since, found.total.flow
    assert flow.successful == rows_between(since, found.until, RunStatus.SUCCESSFUL) > 0
    assert flow.failed == rows_between(since, found.until, RunStatus.FAILED)
    assert found.before.successful == rows_between(since - length, since, RunStatus.SUCCESSFUL) > 0
    assert found.before.failed == rows_between(since - length, since, RunStatus.FAILED)
    assert len(found.buckets) == length // found.step
    for bucket in found.buckets:
        end = bucket.starts_at + found.step
        assert bucket.successful == rows_between(bucket.starts_at, end, RunStatus.SUCCESSFUL)
        assert bucket.failed == rows_between(bucket.starts_at, end, RunStatus.FAILED)
        rows = TaskRun.objects.filter(finished_at__gte=bucket.starts_at, finished_at__lt=end)
        assert (bucket.wait, bucket.duration) == percentiles_of(rows)
    for each in found.queues:
        for status in ("successful", "failed"):
            rows = TaskRun.objects.filter(queue=each.name, finished_at__gte=since)
            assert getattr(each, status) == rows.filter(status=status.upper()).count()
    assert (flow.wait, flow.duration) == percentiles_of(
        TaskRun.objects.filter(finished_at__gte=since)
    )
    assert flow.duration.p50


def test_windows_end_now_and_begin_at_whole_steps() -> None:
    for window, asked in WINDOWS.items():
        found = overview(window)
        assert found.since == floor(found.since, asked.step)
        assert asked.length - asked.step < found.until - found.since <= asked.length
        assert abs(found.until - now()) < timedelta(seconds=5)


def test_queues_are_there_with_their_gates() -> None:
    make_run(queue="mail", run_at=now() - timedelta(seconds=90))
    ledger.pause(GateKind.QUEUE, "mail")
    ledger.set_limit("orders", 3)

    found = {each.name: each for each in overview().queues}

    assert found["mail"].paused_at
    assert 89 < (found["mail"].depth.oldest_ready or 0) < 100
    assert (found["orders"].paused_at, found["orders"].limit) == (None, 3)


def test_workers_are_there_with_what_they_have_been_at_for_longest() -> None:
    worker = make_worker(silent_for=12)
    first, _ = make_held_run(worker)
    second, _ = make_held_run(worker)
    TaskRun.objects.filter(pk=first.pk).update(attempted_at=now() - HOUR)
    ledger.ask_worker(worker, Wish.QUIET)

    (found,) = overview().workers

    assert (found.holding, found.health, found.wish) == (2, Health.LATE, Wish.QUIET)
    assert found.longest
    assert found.longest.id == first.pk
    assert second.pk != first.pk


def test_failures_are_grouped_by_kind_the_most_frequent_first() -> None:
    for number in range(3):
        _fail("often", number, "shop.errors.Jam")
    _fail("once", 0, "shop.errors.Fire")
    _fail("old", 0, "shop.errors.Old", ago=2 * HOUR)

    found = overview().failures

    assert [(kind.fingerprint, kind.count, kind.error) for kind in found] == [
        ("often", 3, "shop.errors.Jam"),
        ("once", 1, "shop.errors.Fire"),
    ]
    assert (
        found[0].last_run_id == TaskRun.objects.filter(fingerprint="often").latest("finished_at").pk
    )


def test_what_is_due_next_comes_first() -> None:
    for hours in (5, 1, 3):
        Schedule.objects.create(
            name=f"in {hours}", task="t", every_seconds=60, next_at=now() + hours * HOUR
        )
    Schedule.objects.create(
        name="off", task="t", every_seconds=60, next_at=now() + MINUTE, enabled=False
    )

    assert [due.name for due in overview().schedules] == ["in 1", "in 3", "in 5"]


@pytest.mark.parametrize("window", WINDOWS)
def test_it_takes_at_most_six_queries_however_much_there_is(window: str) -> None:
    make_many_ended(50, since=now() - HOUR, until=now(), source=random.Random(1))
    for number in range(10):
        make_held_run(make_worker())
        _fail(f"kind {number}", number, "shop.errors.Jam")
    roll_up()
    overview(window)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        overview(window)

    assert len(queries) <= 6, [query["sql"] for query in queries]


def test_nothing_at_all_is_an_overview_too() -> None:
    found: Overview = overview()

    assert found.total.flow.failure_rate is None
    assert found.queues == ()
    assert found.before.successful == 0


def _fail(mark: str, number: int, error: str, *, ago: timedelta = MINUTE) -> TaskRun:
    errors = Failure(
        attempt=1,
        exception_class_path=error,
        message=f"number {number}",
        traceback="",
        worker_id="",
        started_at="",
        seconds=1.0,
    ).appended_to("[]")
    at = now() - ago + timedelta(seconds=number)
    return make_ended(at, status=RunStatus.FAILED, fingerprint=mark, errors=errors)
