"""A worker that has nothing to do asks little, and starts at once when there is something."""

import time
from datetime import timedelta
from statistics import median

import pytest
from django.db import connection
from django.db.models import F, Max, Min

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun, Worker
from tasks.tests.sample.tasks import add, nap
from tests.processes.harness import Programs, wait_for_status

SECONDS_WATCHED = 6
LOOK_SECONDS = 0.5


def transactions() -> int:
    """How many transactions this database has seen; a statement of its own is one of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def test_a_run_starts_without_waiting_for_the_next_look(programs: Programs) -> None:
    programs.worker()
    ids = []

    for number in range(10):
        ids.append(add.enqueue(number, number).id)
        wait_for_status(RunStatus.SUCCESSFUL, ids[-1])

    runs = TaskRun.objects.filter(pk__in=ids).annotate(waited=F("started_at") - F("enqueued_at"))
    # Who looks once a second is late by half a second in the middle.
    assert median(runs.values_list("waited", flat=True)) < timedelta(seconds=0.25)


def test_a_run_starts_when_it_is_due_and_not_before(programs: Programs) -> None:
    programs.worker()

    result = add.using(run_after=timedelta(seconds=1)).enqueue(1, 2)

    wait_for_status(RunStatus.SUCCESSFUL, result.id)
    run = TaskRun.objects.get(pk=result.id)
    assert run.started_at is not None
    assert run.started_at >= run.run_at


def test_two_hundred_coroutines_wait_together(programs: Programs) -> None:
    programs.worker()

    results = enqueue_many(nap, [((0.5,), {})] * 200)

    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))
    ends = TaskRun.objects.aggregate(first=Min("started_at"), last=Max("finished_at"))
    assert ends["last"] - ends["first"] < timedelta(seconds=4)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="PostgreSQL counts, SQLite does not")
def test_an_idle_worker_asks_at_most_two_questions_a_second(programs: Programs) -> None:
    programs.worker()
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    let_beats_pass(2)

    before = transactions()
    asked_here = let_beats_pass(SECONDS_WATCHED)
    asked_by_worker = transactions() - before - asked_here

    # A session reports what it did a second later: what is counted may have begun before.
    assert asked_by_worker <= 2 * (SECONDS_WATCHED + 2)


def let_beats_pass(seconds: float) -> int:
    """Wait until the worker's last beat is so much later; return how many questions that took."""
    beat = Worker.objects.values_list("beat_at", flat=True)
    ends, looks = beat.get() + timedelta(seconds=seconds), 2
    while beat.get() < ends:
        looks += 1
        time.sleep(LOOK_SECONDS)
    return looks
