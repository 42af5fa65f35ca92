"""A run starts when it is due: at once, and not before."""

from datetime import timedelta
from statistics import median

import pytest
from django.db.models import F, Max, Min

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.tasks import add, nap
from tests.conformance.harness import Program, wait_for_status

pytestmark = pytest.mark.guarantee("A run that is due starts at once, and none before it is due")


def test_a_run_starts_without_waiting_for_the_next_look(crew: Program) -> None:
    ids = []

    for number in range(10):
        ids.append(add.enqueue(number, number).id)
        wait_for_status(RunStatus.SUCCESSFUL, ids[-1])

    runs = TaskRun.objects.filter(pk__in=ids).annotate(waited=F("started_at") - F("enqueued_at"))
    # Who looks once a second is late by half a second in the middle.
    assert median(runs.values_list("waited", flat=True)) < timedelta(seconds=0.25)


def test_a_run_starts_when_it_is_due_and_not_before(crew: Program) -> None:
    result = add.using(run_after=timedelta(seconds=1)).enqueue(1, 2)

    wait_for_status(RunStatus.SUCCESSFUL, result.id)
    run = TaskRun.objects.get(pk=result.id)
    assert run.started_at is not None
    assert run.started_at >= run.run_at


@pytest.mark.guarantee("Coroutines wait together, hundreds at a time")
def test_two_hundred_coroutines_wait_together(crew: Program) -> None:
    results = enqueue_many(nap, [((0.5,), {})] * 200)

    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))
    ends = TaskRun.objects.aggregate(first=Min("started_at"), last=Max("finished_at"))
    assert ends["last"] - ends["first"] < timedelta(seconds=4)
