"""What is urgent goes before what is not."""

from statistics import median

import pytest

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import leave_mark, take
from tests.conformance.harness import Programs, wait_for_status

pytestmark = pytest.mark.guarantee("What is urgent goes before what is not")

BACKLOG = 200


def test_a_backlog_is_worked_off_by_priority(programs: Programs) -> None:
    results = []
    for label, priority in (("low", -50), ("normal", 0), ("high", 50)):
        task = leave_mark.using(priority=priority)
        results += enqueue_many(task, [((label,), {})] * 40)

    programs.worker("--threads=1")

    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))
    order = list(Mark.objects.order_by("pk").values_list("label", flat=True))
    places = {
        label: median(place for place, one in enumerate(order) if one == label)
        for label in set(order)
    }
    assert sorted(places, key=places.__getitem__) == ["high", "normal", "low"]


def test_an_urgent_run_overtakes_a_backlog(programs: Programs) -> None:
    programs.worker("--threads=1")
    backlog = enqueue_many(take.using(priority=-50), [(("slow", 0.02), {})] * BACKLOG)
    wait_for_status(RunStatus.SUCCESSFUL, backlog[0].id)

    urgent = leave_mark.using(priority=50).enqueue("urgent")

    wait_for_status(RunStatus.SUCCESSFUL, urgent.id)
    assert Mark.objects.filter(label="slow").count() < BACKLOG // 2
    assert TaskRun.objects.filter(status=RunStatus.READY).exists()
