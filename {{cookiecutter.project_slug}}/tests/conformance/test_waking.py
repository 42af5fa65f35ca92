"""A worker that has nothing to do asks little, and starts at once when there is something."""

import time
from datetime import datetime, timedelta
from statistics import median

import pytest
from django.db import connection
from django.db.models import F, Max, Min

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun, Worker
from tasks.tests.sample.tasks import add, nap
from tests.conformance.harness import APPLICATION, LOOK_SECONDS, Programs, wait_for_status

SECONDS_WATCHED = 6


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


@pytest.mark.skipif(connection.vendor == "sqlite", reason="who asks SQLite leaves no trace")
def test_an_idle_worker_asks_at_most_two_questions_a_second(programs: Programs) -> None:
    (worker,) = programs.worker().workers()
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    beat = Worker.objects.filter(pk=worker.pk).values_list("beat_at", flat=True)
    # It looks a few times more after a run, and then comes to rest.
    watched_from = beat.get() + timedelta(seconds=2)
    watched_to = watched_from + timedelta(seconds=SECONDS_WATCHED)
    asked: set[tuple[int, datetime]] = set()

    while beat.get() < watched_to:
        asked |= questions()
        time.sleep(LOOK_SECONDS)

    asked = {question for question in asked if watched_from <= question[1] < watched_to}
    assert SECONDS_WATCHED / 2 < len(asked) <= 2 * SECONDS_WATCHED


def questions() -> set[tuple[int, datetime]]:
    """What the programs asked last: in which session, and when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, query_start FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [APPLICATION],
        )
        return {(pid, started_at) for pid, started_at in cursor.fetchall() if started_at}
