"""Old rows are deleted by real workers, of which one is killed and one is told to stop."""

import signal
import time

import pytest
from django.contrib.sessions.models import Session

from cleanup.services import BATCH
from cleanup.tasks import clean
from cleanup.tests.factories import make_sessions
from tasks.models import RunStatus, TaskRun
from tests.conformance.harness import Programs, wait_until

pytestmark = pytest.mark.once

OLD = 60 * BATCH
HASTE = {"lease": 3.0, "sweep": 0.5}


def wait_for_batches(count: int) -> int:
    """Wait until so many batches more are gone; return how many rows are left."""
    goal = Session.objects.count() - count * BATCH
    wait_until(lambda: Session.objects.count() <= goal, f"{count} batches are deleted")
    return Session.objects.count()


def test_what_a_worker_has_deleted_stays_so_whether_it_is_killed_or_told_to_stop(
    programs: Programs,
) -> None:
    make_sessions(OLD)
    run = TaskRun.objects.filter(pk=clean.enqueue("sessions").id)
    killed = programs.worker("--queues=maintenance", options=HASTE)
    wait_for_batches(2)

    killed.kill()
    left = Session.objects.count()
    assert 0 < left < OLD
    assert left % BATCH == 0

    told = programs.worker("--queues=maintenance", "--grace=0.5", options=HASTE)
    wait_for_batches(2)
    told_at = time.monotonic()
    told.send(signal.SIGTERM)
    assert told.wait() == 0
    assert time.monotonic() - told_at < 5
    assert 0 < Session.objects.count() < left
    assert run.get().status == RunStatus.READY

    programs.worker("--queues=maintenance", options=HASTE)
    wait_until(lambda: run.get().status == RunStatus.SUCCESSFUL, "another has done the rest")
    assert not Session.objects.exists()
    assert run.get().crashes == 1
