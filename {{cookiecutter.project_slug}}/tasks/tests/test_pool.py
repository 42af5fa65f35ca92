"""How long a claim waits for a thread."""

import time
import uuid

import pytest
from django.utils import timezone

from tasks.ledger import Claimed
from tasks.tests.sample.tasks import add
from tasks.worker.executing import Executing
from tasks.worker.pool import ThreadPool
from tasks.worker.slots import Slots

IDLE_SECONDS = 3600.0


def claim() -> Claimed:
    now = timezone.now()
    return Claimed(
        id=uuid.uuid4(),
        name=add.module_path,
        queue="default",
        priority=0,
        arguments="{}",
        attempt=1,
        spent=1,
        crashes=0,
        max_attempts=1,
        errors="[]",
        headers=None,
        state=None,
        leads=False,
        group_id=None,
        run_at=now,
        enqueued_at=now,
        started_at=now,
        attempted_at=now,
        worker_id=uuid.uuid4(),
    )


@pytest.mark.once
def test_what_comes_after_an_idle_hour_waits_from_now_on() -> None:
    # Its threads do not start: what is put there waits.
    pool = ThreadPool(1, Executing(), Slots.open(None, 1), lambda _finished: None)
    pool.started_at -= IDLE_SECONDS

    pool.put(claim())
    began = pool.started_at
    pool.put(claim())

    assert time.monotonic() - began < IDLE_SECONDS / 2
    assert pool.started_at == began, "the second does not make the first wait anew"
    assert pool.unstarted() == 2
