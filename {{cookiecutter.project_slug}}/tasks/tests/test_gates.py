"""What is paused or limited starts only as far as it may, and holds up nothing else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from tasks import ledger
from tasks.enqueue import enqueue_many
from tasks.ledger import Claimed, Outcome
from tasks.models import Gate, GateKind, RunStatus, TaskRun
from tasks.tests.factories import QUEUES, claim, lose_worker, make_run, make_worker, status_of
from tasks.tests.sample.tasks import add, one_at_a_time, three_a_minute, two_at_once

pytestmark = pytest.mark.django_db


def through_gates(room: int = 10) -> list[Claimed]:
    return ledger.claim_through_gates(make_worker(), None, {False: room, True: 0}).claims


def finish(claims: list[Claimed]) -> None:
    refused = ledger.settle(
        [Outcome(id=one.id, attempt=one.attempt, status=RunStatus.SUCCESSFUL) for one in claims]
    )
    assert not refused


def test_a_limited_task_has_no_more_runs_at_once_than_it_may() -> None:
    enqueue_many(two_at_once, [((), {})] * 5)

    assert claim(make_worker()) == []
    first = through_gates()
    assert len(first) == 2
    assert through_gates() == []
    finish(first[:1])
    assert len(through_gates()) == 1


def test_a_lost_holder_frees_its_place() -> None:
    enqueue_many(one_at_a_time, [((), {})] * 2)
    worker = make_worker()
    (held,) = ledger.claim_through_gates(worker, None, {False: 5}).claims
    assert through_gates() == []

    lose_worker(worker)
    ledger.take_back_lost_runs()

    (next_,) = through_gates()
    assert next_.id == held.id


def test_a_limited_backlog_is_not_in_the_way_of_others() -> None:
    enqueue_many(one_at_a_time, [((), {})] * 50)
    run = make_run()

    (claimed,) = claim(make_worker(), limit=1)

    assert claimed.id == run.id


def test_a_rate_allows_so_many_starts_in_a_window() -> None:
    enqueue_many(three_a_minute, [((), {})] * 5)
    admitted = ledger.claim_through_gates(make_worker(), None, {False: 10})
    finish(admitted.claims)

    again = ledger.claim_through_gates(make_worker(), None, {False: 10})

    assert len(admitted.claims) == 3
    assert again.claims == []
    assert again.opens_in is not None
    assert 55 < again.opens_in <= 63


def test_a_paused_queue_starts_nothing_until_it_is_resumed() -> None:
    run = make_run(queue="brief")
    other = make_run()
    assert ledger.pause(GateKind.QUEUE, "brief")
    assert not ledger.pause(GateKind.QUEUE, "brief")

    assert [one.id for one in claim(make_worker())] == [other.id]
    assert through_gates() == []
    assert ledger.resume(GateKind.QUEUE, "brief")

    assert [one.id for one in claim(make_worker())] == [run.id]


def test_a_paused_task_starts_nothing_and_holds_up_no_other() -> None:
    paused = [make_run(priority=50) for _ in range(30)]
    other = make_run(name="tasks.tests.sample.tasks.mail", queue="mail", priority=0)
    ledger.pause(GateKind.TASK, paused[0].name)

    assert [one.id for one in claim(make_worker(), limit=5)] == [other.id]
    assert through_gates() == []
    behind = TaskRun.objects.filter(gated=True, status=RunStatus.READY, spent=0, worker_id=None)
    assert behind.count() == 30

    ledger.resume(GateKind.TASK, paused[0].name)
    assert len(claim(make_worker(), limit=40)) == 30


def test_a_paused_task_starts_nothing_in_a_limited_queue_either() -> None:
    paused = [make_run(queue="brief", priority=50) for _ in range(5)]
    other = make_run(name="tasks.tests.sample.tasks.mail", queue="brief", priority=0)
    ledger.set_limit("brief", 3)
    ledger.pause(GateKind.TASK, paused[0].name)

    assert [one.id for one in through_gates()] == [other.id]
    assert through_gates() == []

    ledger.resume(GateKind.TASK, paused[0].name)
    assert len(through_gates()) == 2


def test_what_waited_before_its_task_was_paused_may_still_expire() -> None:
    run = make_run(expires_at=Now() + timedelta(minutes=1))
    ledger.pause(GateKind.TASK, run.name)
    assert claim(make_worker()) == []

    TaskRun.objects.update(expires_at=Now() - timedelta(seconds=1))

    assert ledger.expire() == [run.id]


def test_a_limited_queue_runs_so_many_at_once() -> None:
    for _ in range(4):
        make_run(queue="brief")
    ledger.set_limit("brief", 3)

    assert claim(make_worker()) == []
    first = through_gates()
    assert len(first) == 3
    assert through_gates() == []
    finish(first)
    assert len(through_gates()) == 1

    ledger.set_limit("brief", None)
    make_run(queue="brief")
    assert len(claim(make_worker())) == 1


def test_a_limited_task_in_a_limited_queue_obeys_both() -> None:
    ledger.set_limit("default", 1)
    enqueue_many(two_at_once, [((), {})] * 3)

    assert len(through_gates()) == 1


def test_a_run_enqueued_before_its_task_was_limited_goes_through_the_gate_too() -> None:
    enqueue_many(one_at_a_time, [((), {})] * 3)
    TaskRun.objects.update(gated=False)

    assert claim(make_worker()) == []
    assert len(through_gates()) == 1


def test_so_does_one_that_waits_in_a_limited_queue() -> None:
    enqueue_many(one_at_a_time, [((), {})] * 3)
    TaskRun.objects.update(gated=False)
    ledger.set_limit("default", 5)

    assert len(through_gates()) == 1


def test_a_suspended_gate_leaves_what_runs_alone() -> None:
    run = make_run()
    (claimed,) = claim(make_worker())
    ledger.pause(GateKind.TASK, run.name)

    finish([claimed])

    assert status_of(run) == RunStatus.SUCCESSFUL


def test_a_limit_only_asks_about_what_it_limits() -> None:
    enqueue_many(one_at_a_time, [((), {})] * 100)
    worker = make_worker()
    with CaptureQueriesContext(
        connection,
    ) as few:
        ledger.claim_through_gates(worker, None, {False: 10})

    assert len(few) < 15
    assert Gate.objects.count() == 1


def test_what_had_not_started_in_time_is_cancelled_with_the_reason() -> None:
    late = make_run(expires_at=Now() - timedelta(seconds=1))
    good = make_run(expires_at=Now() + timedelta(minutes=1))
    started = make_run(expires_at=Now() - timedelta(seconds=1), started_at=Now())

    assert {one.id for one in claim(make_worker())} == {good.id, started.id}
    assert ledger.expire() == [late.id]

    assert status_of(late) == RunStatus.CANCELLED
    assert "expired" in late.reason
    assert late.finished_at is not None


def test_expiry_counts_from_when_a_run_is_due() -> None:
    soon = add.using(expires_after=5).enqueue(1, 2)
    later = add.using(expires_after=5, run_after=timedelta(hours=1)).enqueue(1, 2)
    for result, seconds in ((soon, 5), (later, 3605)):
        run = TaskRun.objects.get(pk=result.id)
        assert run.expires_at is not None
        assert abs((run.expires_at - run.enqueued_at).total_seconds() - seconds) < 2


def test_what_was_handed_back_may_still_expire() -> None:
    run = make_run(expires_at=Now() + timedelta(minutes=1))
    (claimed,) = claim(make_worker())
    ledger.settle(
        [
            Outcome(
                id=claimed.id, attempt=claimed.attempt, status=RunStatus.READY, delay=0.0, refund=1
            )
        ]
    )
    TaskRun.objects.update(expires_at=Now() - timedelta(seconds=1))

    assert claim(make_worker(), queues=QUEUES) == []
    assert ledger.expire() == [run.id]
