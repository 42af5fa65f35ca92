"""Who is silent past its lease is lost, and what it held goes to others."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from tasks import ledger
from tasks.ledger.leases import crash_delay
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.tests.factories import claim, make_held_run, make_run, make_worker, status_of

pytestmark = pytest.mark.django_db


def worker_status(worker_id: uuid.UUID) -> str:
    return Worker.objects.get(pk=worker_id).status


def lose(worker_id: uuid.UUID) -> None:
    Worker.objects.filter(pk=worker_id).update(status=WorkerStatus.LOST)


def test_a_worker_that_is_silent_past_its_lease_is_lost() -> None:
    silent, talking = make_worker(silent_for=21), make_worker()

    assert ledger.mark_lost_workers() == 1

    assert worker_status(silent) == WorkerStatus.LOST
    assert worker_status(talking) == WorkerStatus.ALIVE


def test_a_worker_without_its_session_lock_is_lost_sooner_on_postgresql() -> None:
    quiet = make_worker(silent_for=6)

    ledger.mark_lost_workers()

    expected = WorkerStatus.LOST if connection.vendor == "postgresql" else WorkerStatus.ALIVE
    assert worker_status(quiet) == expected


@pytest.mark.skipif(connection.vendor == "sqlite", reason="there are no session locks")
def test_a_worker_that_holds_its_session_lock_has_its_whole_lease() -> None:
    quiet = make_worker(silent_for=6)
    key = 0x7FFF_FFFF_FFFF_FFFE
    Worker.objects.filter(pk=quiet).update(lock_key=key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])

    ledger.mark_lost_workers()

    assert worker_status(quiet) == WorkerStatus.ALIVE


def test_what_a_lost_worker_held_is_ready_again_at_once() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker)
    lose(worker)

    assert ledger.take_back_lost_runs() == 1

    run.refresh_from_db()
    assert (run.status, run.attempt, run.spent, run.crashes) == (RunStatus.READY, 1, 1, 1)
    (failure,) = run.failures
    assert failure["exception_class_path"] == "tasks.errors.WorkerLost"
    assert (failure["attempt"], failure["worker_id"]) == (1, str(worker))
    assert run.worker_id is None
    assert ledger.take_back_lost_runs() == 0


@pytest.mark.parametrize("status", [WorkerStatus.STOPPED, None])
def test_what_nobody_holds_is_taken_back(status: WorkerStatus | None) -> None:
    worker = make_worker()
    run, _ = make_held_run(worker)
    if status is None:
        Worker.objects.all().delete()
    else:
        Worker.objects.update(status=status)

    assert ledger.take_back_lost_runs() == 1
    assert status_of(run) == RunStatus.READY


def test_what_the_living_hold_is_left_alone() -> None:
    run, _ = make_held_run()

    assert ledger.take_back_lost_runs() == 0
    assert status_of(run) == RunStatus.RUNNING


def test_the_third_crash_is_the_last() -> None:
    run = make_run(max_attempts=8)
    for crashes in (1, 2, 3):
        TaskRun.objects.filter(pk=run.pk).update(status=RunStatus.READY, run_at=Now())
        worker = make_worker()
        claim(worker)
        lose(worker)
        ledger.take_back_lost_runs()
        run.refresh_from_db()
        assert run.crashes == crashes

    assert (run.status, run.attempt, len(run.failures)) == (RunStatus.FAILED, 3, 3)
    assert run.finished_at is not None


def test_the_second_crash_is_waited_for() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker, crashes=1)
    lose(worker)

    ledger.take_back_lost_runs()

    run.refresh_from_db()
    assert run.status == RunStatus.SCHEDULED
    assert TaskRun.objects.filter(run_at__gt=Now()).exists()


def test_attempts_end_before_crashes_do() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker, max_attempts=2, spent=1)
    lose(worker)

    ledger.take_back_lost_runs()

    run.refresh_from_db()
    assert (run.status, run.crashes) == (RunStatus.FAILED, 1)


def test_a_run_that_was_asked_to_stop_is_not_tried_again() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker)
    ledger.cancel([run.id])
    lose(worker)

    ledger.take_back_lost_runs()

    assert status_of(run) == RunStatus.CANCELLED


def test_only_what_had_really_started_counts_a_crash() -> None:
    worker = make_worker()
    started, claimed_only = make_run(), make_run()
    claim(worker)
    other, _ = make_held_run()
    ledger.mark_worker_lost(worker)

    assert ledger.take_back_lost_runs(worker_id=worker, started={started.id}) == 2

    started.refresh_from_db()
    claimed_only.refresh_from_db()
    assert (started.status, started.spent, started.crashes) == (RunStatus.READY, 1, 1)
    assert (claimed_only.status, claimed_only.spent, claimed_only.crashes) == (
        RunStatus.READY,
        0,
        0,
    )
    assert claimed_only.failures == []
    assert status_of(other) == RunStatus.RUNNING


def test_much_is_taken_back_in_batches() -> None:
    worker = make_worker()
    for _ in range(5):
        make_run()
    claim(worker)
    lose(worker)

    assert [ledger.take_back_lost_runs(limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_malformed_history_does_not_keep_others_from_being_taken_back() -> None:
    worker = make_worker()
    bad, good = make_run(errors="not JSON"), make_run()
    claim(worker)
    lose(worker)

    ledger.take_back_lost_runs()

    assert status_of(good) == RunStatus.READY
    assert status_of(bad) != RunStatus.RUNNING


def test_a_worker_that_leaves_in_order_is_stopped_and_not_lost() -> None:
    worker, lost = make_worker(), make_worker(status=WorkerStatus.LOST)

    ledger.retire_worker(worker)
    ledger.retire_worker(lost)

    assert worker_status(worker) == WorkerStatus.STOPPED
    assert worker_status(lost) == WorkerStatus.LOST


def test_a_worker_sees_what_it_holds_and_what_should_stop() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker)
    make_held_run()
    ledger.cancel([run.id])

    held = ledger.held_runs(worker)

    assert list(held) == [run.id]
    assert (held[run.id].attempt, held[run.id].cancel_requested) == (1, True)


def test_waits_after_crashes_are_bounded_and_grow() -> None:
    assert {crash_delay(1) for _ in range(10)} == {0.0}
    for crashes in range(2, 40):
        for _ in range(50):
            most = min(2 ** (crashes - 1), 3600)
            assert most / 2 <= crash_delay(crashes) <= most


def test_a_pulse_extends_the_lease() -> None:
    worker = make_worker(silent_for=3)
    nearly_over = Worker.objects.filter(pk=worker, lease_until__lt=Now() + timedelta(seconds=18))
    assert nearly_over.exists()

    assert ledger.pulse(worker).alive

    assert not nearly_over.exists()


@pytest.mark.parametrize("status", [WorkerStatus.LOST, WorkerStatus.STOPPED])
def test_a_pulse_tells_a_lost_worker_and_does_not_revive_it(status: WorkerStatus) -> None:
    worker = make_worker(status=status)

    assert not ledger.pulse(worker).alive
    assert not ledger.pulse(uuid.uuid4()).alive
    assert worker_status(worker) == status


def test_a_pulse_of_an_empty_table_finds_nothing() -> None:
    pulse = ledger.pulse(make_worker())

    assert (pulse.alive, pulse.ready, pulse.due, pulse.lost) == (True, frozenset(), False, False)
    assert not pulse.suspects


def test_a_pulse_finds_what_there_is_to_do() -> None:
    worker = make_worker()
    for queue in ("default", "mail", "default", "zebra"):
        make_run(queue=queue)
    make_run(queue="elsewhere", status=RunStatus.SUCCESSFUL)
    assert ledger.pulse(worker).ready == {"default", "mail", "zebra"}

    make_run(status=RunStatus.SCHEDULED, run_at=Now() + timedelta(hours=1))
    assert not ledger.pulse(worker).due
    make_run(status=RunStatus.SCHEDULED, run_at=Now() - timedelta(seconds=1))
    assert ledger.pulse(worker).due

    make_run(queue="poisoned", crashes=2)
    assert ledger.pulse(worker).suspects == {"poisoned"}


def test_a_pulse_sees_the_lost() -> None:
    worker = make_worker()
    make_worker(silent_for=25)

    assert ledger.pulse(worker).lost
    ledger.mark_lost_workers()
    assert not ledger.pulse(worker).lost


def test_a_pulse_sees_what_nobody_holds() -> None:
    worker, gone = make_worker(), make_worker()
    make_held_run(gone)
    assert not ledger.pulse(worker).lost

    lose(gone)

    assert ledger.pulse(worker).lost
