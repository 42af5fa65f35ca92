"""Statistics say what the rows say, with a timer and without, in a few queries."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from tasks.ledger.clock import now
from tasks.models import Gate, GateKind, RunStatus, TaskRun
from tasks.statistics.depths import Depth
from tasks.statistics.rollups import MINUTE, roll_up
from tasks.statistics.summary import count_ended, depth, queues, statistics
from tasks.tests.ended_factories import NAMES, make_ended, make_many_ended
from tasks.tests.factories import make_run

pytestmark = [pytest.mark.alike, pytest.mark.django_db]

DAY = timedelta(days=1)
FLOWING = (RunStatus.SUCCESSFUL, RunStatus.FAILED, RunStatus.CANCELLED)


def rows_by(column: str, since: datetime) -> Counter[tuple[str, str]]:
    rows = TaskRun.objects.filter(finished_at__gte=since)
    return Counter(rows.values_list(column, "status"))


@pytest.mark.parametrize("counted", ["never", "partly", "wholly"])
@pytest.mark.parametrize("by", ["queue", "name"])
def test_they_are_the_same_however_much_is_rolled_up(by: Any, counted: str) -> None:
    source = random.Random(f"{by} {counted}")
    make_many_ended(300, since=now() - 30 * timedelta(hours=1), until=now(), source=source)
    if counted == "partly":
        roll_up(most=40)
    while counted == "wholly" and roll_up():
        pass

    for window in (timedelta(minutes=20), timedelta(hours=7), DAY):
        found = statistics(by, window)

        said = {
            (part.name, status): number
            for part in found.parts
            for status in FLOWING
            if (number := getattr(part.flow, status.lower()))
        }
        assert said == rows_by(by, found.since)
        assert found.total.flow.successful == sum(part.flow.successful for part in found.parts)
        assert window <= found.until - found.since < window + MINUTE


def test_rates_and_percentiles_are_of_the_window() -> None:
    ended = now() - timedelta(minutes=3)
    for status in (RunStatus.SUCCESSFUL,) * 3 + (RunStatus.FAILED, RunStatus.CANCELLED):
        make_ended(ended, status=status)
    make_ended(ended - timedelta(hours=2))

    found = statistics("queue", timedelta(minutes=10))
    flow = found.total.flow

    minutes = (found.until - found.since) / MINUTE
    assert flow.per_minute == pytest.approx(4 / minutes)
    assert (flow.successful, flow.failed, flow.cancelled) == (3, 1, 1)
    assert flow.failure_rate == 0.25
    # Each waited for a second and ran for two.
    for percentiles, seconds in ((flow.wait, 1.0), (flow.duration, 2.0)):
        for estimate in (percentiles.p50, percentiles.p95, percentiles.p99):
            assert estimate == pytest.approx(seconds, rel=0.42)


def test_where_nothing_ended_there_is_no_rate() -> None:
    flow = statistics("queue", DAY).total.flow

    assert (flow.per_minute, flow.failure_rate, flow.wait.p50) == (0.0, None, None)


def test_every_declared_task_and_queue_is_listed() -> None:
    assert "tasks.tests.sample.tasks.add" in [part.name for part in statistics("name", DAY).parts]
    assert "brief" in [part.name for part in statistics("queue", DAY).parts]


def test_what_is_there_is_counted_by_status() -> None:
    make_run(run_at=now() - timedelta(seconds=30))
    make_run(run_at=now() - timedelta(seconds=90), gated=True)
    make_run(queue="mail")
    make_run(status=RunStatus.SCHEDULED, run_at=now() + DAY)
    make_run(status=RunStatus.WAITING)
    make_run(status=RunStatus.RUNNING)
    make_run(status=RunStatus.FAILED, finished_at=now() - 30 * DAY)
    make_run(status=RunStatus.SUCCESSFUL, finished_at=now())

    found = depth("default")

    assert found.oldest_ready == pytest.approx(90, abs=20)
    assert (found.ready, found.scheduled, found.waiting) == (2, 1, 1)
    assert (found.running, found.failed, found.pending) == (1, 1, 4)
    assert depth().ready == 3
    assert depth("nowhere") == Depth()


def test_queues_are_those_of_tasks_of_rows_and_of_gates() -> None:
    make_run(queue="of a row")
    gate = Gate.objects.create(
        kind=GateKind.QUEUE, name="of a gate", paused_at=now(), max_running=3
    )
    Gate.objects.create(kind=GateKind.TASK, name=NAMES[0], paused_at=now())

    found = {queue.name: queue for queue in queues()}

    assert {"of a row", "of a gate", "brief", "default"} <= set(found)
    assert NAMES[0] not in found
    assert found["of a row"].depth.ready == 1
    assert (found["of a gate"].paused_at, found["of a gate"].limit) == (gate.paused_at, 3)
    assert (found["brief"].paused_at, found["brief"].limit) == (None, None)


@pytest.mark.parametrize("rolled_up", [False, True])
def test_endings_are_counted_by_status_and_queue(*, rolled_up: bool) -> None:
    for minutes in (1, 5, 30, 90):
        make_ended(now() - timedelta(minutes=minutes))
    make_ended(now() - timedelta(minutes=5), queue="mail")
    make_ended(now() - timedelta(minutes=5), status=RunStatus.FAILED)
    if rolled_up:
        roll_up()

    assert count_ended(RunStatus.SUCCESSFUL, timedelta(hours=1)) == 4
    assert count_ended(RunStatus.SUCCESSFUL, timedelta(hours=1), "mail") == 1
    assert count_ended(RunStatus.FAILED, timedelta(hours=1)) == 1
    assert count_ended(RunStatus.CANCELLED, timedelta(hours=1)) == 0


def test_the_number_of_queries_does_not_grow_with_what_is_there(
    django_assert_num_queries: Any,
) -> None:
    make_many_ended(200, since=now() - DAY, until=now(), source=random.Random(1))
    for number in range(30):
        make_run(queue=f"queue {number}")
    roll_up()

    with django_assert_num_queries(5):
        statistics("queue", DAY)
    with django_assert_num_queries(3):
        queues()
    with django_assert_num_queries(2):
        depth()
    with django_assert_num_queries(4):
        count_ended(RunStatus.FAILED, DAY)
