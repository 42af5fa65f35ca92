"""A worker that has nothing to do asks little of the database that wakes it."""

import time
from datetime import datetime, timedelta

import pytest
from django.db import connection

from tasks.models import RunStatus, Worker
from tasks.tests.sample.tasks import add
from tests.conformance.harness import APPLICATION, LOOK_SECONDS, Programs, wait_for_status

SECONDS_WATCHED = 6


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
