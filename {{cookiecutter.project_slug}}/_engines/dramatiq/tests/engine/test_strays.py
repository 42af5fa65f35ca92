"""What no doorbell leads to is found, however many others ring meanwhile."""

import pytest

from tasks import registry
from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import make_run, make_worker
from tasks.worker.demand import Demand, Request
from tasks.worker.options import WorkerOptions
from tasks.worker.strays import Strays

pytestmark = pytest.mark.django_db


class Room(Demand):
    """Wants so many plain functions each time, and begins none."""

    def __init__(self, size: int) -> None:
        self._size = size

    def requests(self) -> list[Request]:
        return [Request(self._size)]

    def room_behind_gates(self) -> dict[bool, int]:
        return {False: 0, True: 0}

    def begin(self, claims: object) -> None:
        pass


def test_who_is_told_to_look_takes_all_though_doorbells_come() -> None:
    strays = Strays(make_worker(), WorkerOptions(queues=("default",)), Room(2))
    strays.serve(frozenset(registry.queues()))
    for _ in range(3):
        make_run()

    strays.suspect()
    while strays.has_work():
        # Each round brings doorbells whose runs are claimed.
        strays.knocked(in_vain=False)
        strays.claim(is_idle=False)

    assert set(TaskRun.objects.values_list("status", flat=True)) == {RunStatus.RUNNING}
    make_run()
    strays.claim(is_idle=False)
    assert TaskRun.objects.filter(status=RunStatus.READY).count() == 1
