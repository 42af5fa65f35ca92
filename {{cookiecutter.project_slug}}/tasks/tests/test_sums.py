"""How long runs waited and took in all is kept to the microsecond, whatever adds it up."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from tasks.ledger.clock import now
from tasks.models import FINAL, Overall, Rollup, TaskRun, Total
from tasks.statistics.endings import NONE, Endings
from tasks.statistics.histogram import Histogram
from tasks.statistics.rollups import (
    HOUR,
    all_between,
    counted_between,
    endings_of,
    reached,
    roll_up,
)
from tasks.statistics.totals import add_to_totals, totals
from tasks.tests.ended_factories import make_ended, make_many_ended

pytestmark = [pytest.mark.alike, pytest.mark.django_db]


def by_hand(rows: Iterable[TaskRun]) -> Endings:
    """Count ended runs one by one."""
    rows = list(rows)
    times = [
        (row.attempted_at - row.run_at, row.finished_at - row.attempted_at)
        for row in rows
        if row.attempted_at and row.finished_at and row.attempted_at >= row.run_at
    ]
    return Endings(
        **{
            status.lower(): sum(row.status == status for row in rows)
            for status in ("SUCCESSFUL", "FAILED", "CANCELLED")
        },
        waits=Histogram.of(waited.total_seconds() for waited, _ in times),
        durations=Histogram.of(lasted.total_seconds() for _, lasted in times),
        waited=sum((waited for waited, _ in times), NONE),
        lasted=sum((lasted for _, lasted in times), NONE),
    )


def counts_of(part: Endings) -> tuple[Any, ...]:
    """Return all of it, the histograms as they are written."""
    return (
        part.successful,
        part.failed,
        part.cancelled,
        part.waits.text(),
        part.durations.text(),
        part.waited,
        part.lasted,
    )


def rows_until(mark: datetime) -> list[TaskRun]:
    return list(TaskRun.objects.filter(finished_at__lt=mark))


@pytest.fixture
def mark() -> datetime:
    """Up to when runs of many hours are counted."""
    source = random.Random(7)
    make_many_ended(300, since=now() - 9 * HOUR, until=now(), source=source)
    # In one minute with others, and its wait has no whole number of milliseconds.
    make_ended(now() - 2 * HOUR, run_at=now() - 3 * HOUR - timedelta(microseconds=1))
    while roll_up():
        pass
    reached_at = reached()
    assert reached_at is not None
    return reached_at


def test_rollups_of_all_tasks_say_what_the_rows_say(mark: datetime) -> None:
    for begin, end in ((mark - 9 * HOUR, mark), (mark - 5 * HOUR, mark - 3 * HOUR)):
        rows = TaskRun.objects.filter(finished_at__gte=begin, finished_at__lt=end)
        found = Endings.sum(endings_of(all_between(begin, end), "size").values())

        assert counts_of(found) == counts_of(by_hand(rows))
        assert found.waited.microseconds


def test_rollups_of_each_task_and_queue_add_up_to_those_of_all(mark: datetime) -> None:
    for size in (60, 3600):
        each = endings_of(Rollup.objects.filter(size=size), "starts_at")
        together = endings_of(Overall.objects.filter(size=size), "starts_at")

        assert len(each) > 3
        assert {key: counts_of(part) for key, part in each.items()} == {
            key: counts_of(part) for key, part in together.items()
        }


def test_rollups_of_all_tasks_say_how_many_ended_of_each_queue(mark: datetime) -> None:
    for row in Overall.objects.all():
        end = row.starts_at + timedelta(seconds=row.size)
        runs = TaskRun.objects.filter(finished_at__gte=row.starts_at, finished_at__lt=end)
        found = Counter(runs.values_list("queue", "status"))
        said = {
            (queue, status): count
            for queue, counts in json.loads(row.queues).items()
            for status, count in zip(FINAL, counts, strict=True)
        }
        assert +Counter(said) == found


def test_each_task_and_queue_has_its_own_sums(mark: datetime) -> None:
    rows = defaultdict(list)
    for row in rows_until(mark):
        rows[row.name, row.queue].append(row)

    found = endings_of(counted_between(mark - 10 * HOUR, mark), "name", "queue")

    assert {key: counts_of(part) for key, part in found.items()} == {
        key: counts_of(by_hand(part)) for key, part in rows.items()
    }
    assert {(ever.task, ever.queue): counts_of(ever.endings) for ever in totals()} == {
        key: counts_of(by_hand(part)) for key, part in rows.items()
    }


def test_what_was_counted_before_there_were_sums_is_kept_without(mark: datetime) -> None:
    before = {(row.size, row.starts_at): row for row in Overall.objects.all()}
    Overall.objects.all().delete()
    for model in (Rollup, Total):
        model._default_manager.update(waited=NONE, lasted=NONE)

    migration = import_module("tasks.migrations.0003_sums")
    migration.add_up(apps, SimpleNamespace(connection=connection))

    after = {(row.size, row.starts_at): row for row in Overall.objects.all()}
    assert after.keys() == before.keys()
    for key, row in after.items():
        for name in ("successful", "failed", "cancelled", "waits", "durations", "queues"):
            assert getattr(row, name) == getattr(before[key], name)
        assert (row.waited, row.lasted) == (NONE, NONE)


def test_a_total_without_sums_sums_what_ends_from_then_on(mark: datetime) -> None:
    (known, *_) = totals()
    Total.objects.update(waited=NONE, lasted=NONE)
    second = timedelta(seconds=1)

    add_to_totals({(known.task, known.queue): Endings(successful=1, waited=second, lasted=second)})

    (found, *_) = totals()
    assert found.endings.successful == known.endings.successful + 1
    assert (found.endings.waited, found.endings.lasted) == (second, second)
