"""What people do to runs applies where it can, and says to how many it did."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models.functions import Now

from tasks import ledger
from tasks.errors import UniqueRunExists
from tasks.ledger import Outcome, bell
from tasks.models import FINAL, GateKind, RunStatus, TaskRun
from tasks.service import service
from tasks.testing import run_due
from tasks.tests.factories import claim, make_held_run, make_run, make_worker, status_of
from tasks.tests.sample.tasks import give_up

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", [RunStatus.SCHEDULED, RunStatus.WAITING, RunStatus.READY])
def test_what_has_not_started_is_cancelled_at_once(status: RunStatus) -> None:
    run = make_run(status=status)

    assert ledger.cancel([run.id]) == 1

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED
    assert run.finished_at is not None
    assert claim(make_worker()) == []


def test_what_runs_is_told_once() -> None:
    run, _ = make_held_run()

    assert ledger.cancel([run.id]) == 1
    assert ledger.cancel([run.id]) == 0

    run.refresh_from_db()
    assert (run.status, run.cancel_requested) == (RunStatus.RUNNING, True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_given_back_meanwhile_is_stopped_all_the_same() -> None:
    run, claimed = make_held_run()
    again = Outcome(
        id=claimed.id, attempt=claimed.attempt, status=RunStatus.SCHEDULED, delay=60.0, errors="[]"
    )

    def settle() -> None:
        ledger.settle([again])
        connections.close_all()

    worker = threading.Thread(target=settle)

    def meanwhile(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith("UPDATE") and not worker.ident:
            worker.start()
            worker.join(0.5)
        return result

    with connection.execute_wrapper(meanwhile):
        assert ledger.cancel([run.id]) == 1
    worker.join()

    assert status_of(run) == RunStatus.CANCELLED


@pytest.mark.parametrize("status", FINAL)
def test_what_has_ended_cannot_be_cancelled(status: RunStatus) -> None:
    run = make_run(status=status, finished_at=Now())

    assert ledger.cancel([run.id]) == 0
    assert status_of(run) == status


def test_cancelling_counts_what_it_applied_to() -> None:
    held, _ = make_held_run()
    ready, ended = make_run(), make_run(status=RunStatus.FAILED)

    assert ledger.cancel([ready.id, held.id, ended.id, uuid.uuid4()]) == 2


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_retry_begins_anew(status: RunStatus) -> None:
    run = make_run(
        status=status,
        finished_at=Now(),
        attempt=8,
        spent=8,
        crashes=3,
        max_attempts=8,
        cancel_requested=True,
        worker_id=uuid.uuid4(),
        errors='[{"attempt":8}]',
        run_at=Now() - timedelta(days=1),
    )

    assert ledger.retry([run.id]) == 1

    run.refresh_from_db()
    assert (run.status, run.spent, run.crashes) == (RunStatus.READY, 0, 0)
    assert (run.finished_at, run.worker_id, run.cancel_requested) == (None, None, False)
    # The number of claims only grows: it is what a late worker's write is refused by.
    assert run.attempt == 8
    assert run.errors == '[{"attempt":8}]'
    (claimed,) = claim(make_worker())
    assert (claimed.attempt, claimed.spent) == (9, 1)


@pytest.mark.parametrize(
    "status", [one for one in RunStatus if one not in (RunStatus.FAILED, RunStatus.CANCELLED)]
)
def test_only_what_failed_or_was_cancelled_can_be_retried(status: RunStatus) -> None:
    run = make_run(status=status)

    assert ledger.retry([run.id]) == 0
    assert status_of(run) == status


def test_a_retried_run_really_runs() -> None:
    result = give_up.enqueue("hopeless")
    run_due()
    assert service.retry([uuid.UUID(result.id)], by=None).applied == 1

    (run,) = run_due()

    assert (str(run.id), run.attempt, len(run.failures)) == (result.id, 2, 2)


def test_a_run_that_backs_off_is_claimed_at_once_with_the_attempts_it_had() -> None:
    later = Now() + timedelta(hours=1)
    run = make_run(status=RunStatus.SCHEDULED, attempt=3, spent=2, max_attempts=8, run_at=later)
    assert claim(make_worker()) == []

    assert ledger.promote_now([run.id]) == 1

    (claimed,) = claim(make_worker())
    assert (claimed.id, claimed.attempt, claimed.spent) == (run.id, 4, 3)


def test_a_paused_queue_holds_what_is_to_run_now() -> None:
    run = make_run(status=RunStatus.SCHEDULED, run_at=Now() + timedelta(hours=1))
    ledger.pause(GateKind.QUEUE, run.queue)

    assert ledger.promote_now([run.id]) == 1

    assert claim(make_worker()) == []
    ledger.resume(GateKind.QUEUE, run.queue)
    assert [claimed.id for claimed in claim(make_worker())] == [run.id]


@pytest.mark.parametrize("status", [one for one in RunStatus if one != RunStatus.SCHEDULED])
def test_only_what_is_scheduled_can_be_run_now(status: RunStatus) -> None:
    run = make_run(status=status)

    assert ledger.promote_now([run.id]) == 0
    assert status_of(run) == status


@pytest.mark.django_db(transaction=True)
def test_who_runs_a_run_now_rings_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[uuid.UUID] = []
    monkeypatch.setattr(bell, "_rings", [rung.extend])
    run = make_run(status=RunStatus.SCHEDULED, run_at=Now() + timedelta(hours=1))

    with transaction.atomic():
        service.promote([run.id], by=None)
        assert rung == []

    assert rung == [run.id]


def test_a_key_is_not_taken_twice_by_a_retry() -> None:
    old = make_run(status=RunStatus.FAILED, unique_key="k")
    alone = make_run(status=RunStatus.FAILED)
    make_run(unique_key="k")

    with pytest.raises(UniqueRunExists, match="cancel it, then retry"):
        ledger.retry([alone.id, old.id])

    assert status_of(old) == status_of(alone) == RunStatus.FAILED
    assert TaskRun.objects.count() == 3
