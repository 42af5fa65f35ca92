"""How soon a worker process that died is replaced."""

import time
import uuid
from pathlib import Path

import pytest

from tasks.worker.birth import BIRTHS
from tasks.worker.options import WorkerOptions
from tasks.worker.supervisor import LONGEST_PAUSE_SECONDS, Child, Supervisor


@pytest.mark.once
def test_however_often_processes_die_as_they_start_the_next_one_comes() -> None:
    supervisor = Supervisor(1, WorkerOptions())
    child = Child(BIRTHS.Process(), uuid.uuid4(), Path(), started_at=time.monotonic())

    # For about three hours.
    for _ in range(1100):
        supervisor._count_quick_death(child)

    pause = supervisor._starts_again_at - time.monotonic()
    assert LONGEST_PAUSE_SECONDS - 1 < pause <= LONGEST_PAUSE_SECONDS
