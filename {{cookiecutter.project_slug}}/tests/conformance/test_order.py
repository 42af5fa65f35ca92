"""What is urgent goes before what is not."""

from statistics import median

import pytest

from tasks.enqueue import enqueue_many
from tasks.models import GateKind, RunStatus, TaskRun
from tasks.service import service
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, leave_mark, take
from tests.conformance.harness import Programs, wait_for_status

pytestmark = pytest.mark.guarantee("What is urgent goes before what is not")

BACKLOG = 200


def test_a_backlog_is_worked_off_by_priority(programs: Programs) -> None:
    results = []
    for label, priority in (("low", -50), ("normal", 0), ("high", 50)):
        # Each takes a moment: an engine's threads do not all look for work at the very same time,
        # and of what takes long they fetch one at a time.
        results += enqueue_many(take.using(priority=priority), [((label, 0.06), {})] * 20)

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


@pytest.mark.guarantee("What is limited or paused holds up nothing else")
def test_a_paused_backlog_holds_up_nothing_that_is_less_urgent(programs: Programs) -> None:
    backlog = enqueue_many(take, [(("slow", 0.06), {})] * BACKLOG)
    programs.worker("--threads=1")
    wait_for_status(RunStatus.SUCCESSFUL, backlog[0].id)

    service.pause(GateKind.QUEUE, take.queue_name, by=None)
    less_urgent = add.using(priority=-50).enqueue(1, 2)

    wait_for_status(RunStatus.SUCCESSFUL, less_urgent.id)
    assert TaskRun.objects.filter(queue=take.queue_name, status=RunStatus.READY).exists()
