"""Who is silent past its lease is lost, and what it held goes to others."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from tasks import ledger
from tasks.ledger import bell, leases
from tasks.ledger.leases import crash_delay
from tasks.ledger.outage import Outage, grace
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus
from tasks.tests.factories import (
    claim,
    lose_worker,
    make_held_run,
    make_run,
    make_worker,
    status_of,
)
from tests.conformance.harness import wait_until

pytestmark = pytest.mark.django_db

needs_row_locks = pytest.mark.skipif(connection.vendor == "sqlite", reason="it locks no rows")

type Dying = Callable[[Callable[[], object]], None]


def worker_status(worker_id: uuid.UUID) -> str:
    return Worker.objects.get(pk=worker_id).status


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


def test_a_worker_that_is_slow_to_start_is_not_taken_for_dead() -> None:
    starting, looking = make_worker(silent_for=6), make_worker()
    # It takes its session lock, and beats, once its threads have started.
    Worker.objects.filter(pk=starting).update(started_at=F("beat_at"))

    assert not ledger.pulse(looking).lost
    assert ledger.mark_lost_workers() == 0

    Worker.objects.filter(pk=starting).update(lease_until=Now() - timedelta(seconds=1))
    assert ledger.pulse(looking).lost
    assert ledger.mark_lost_workers() == 1


def test_nobody_is_lost_before_all_had_time_to_come_back_after_an_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outage = Outage()
    monkeypatch.setattr(leases, "outage", outage)
    silent = make_worker(silent_for=21)

    outage.note()
    assert ledger.mark_lost_workers() == 0
    outage.note_answer()
    assert ledger.mark_lost_workers() == 0
    later = time.monotonic() + grace()
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert ledger.mark_lost_workers() == 1
    assert worker_status(silent) == WorkerStatus.LOST


def test_a_look_that_is_answered_ends_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    outage = Outage()
    monkeypatch.setattr(leases, "outage", outage)
    monkeypatch.setattr(import_module("tasks.ledger.pulse"), "outage", outage)
    make_worker(silent_for=21)
    looking = make_worker()

    outage.note()
    ledger.pulse(looking)
    later = time.monotonic() + grace()
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert ledger.mark_lost_workers() == 1


@pytest.mark.django_db(transaction=True)
def test_each_run_that_is_taken_back_is_rung_for(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = make_worker()
    again, _ = make_held_run(worker)
    make_held_run(worker, crashes=1)
    failed, _ = make_held_run(worker, max_attempts=1)
    rung: list[uuid.UUID] = []
    monkeypatch.setattr(bell, "_rings", [rung.extend])
    lose_worker(worker)

    assert ledger.take_back_lost_runs() == 3

    # The doorbell that led the lost worker to it is gone. The others are not ready.
    assert rung == [again.pk]
    assert status_of(failed) == RunStatus.FAILED


def test_what_a_lost_worker_held_is_ready_again_at_once() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker)
    lose_worker(worker)

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
        lose_worker(worker)
        ledger.take_back_lost_runs()
        run.refresh_from_db()
        assert run.crashes == crashes

    assert (run.status, run.attempt, len(run.failures)) == (RunStatus.FAILED, 3, 3)
    assert run.finished_at is not None


def test_the_second_crash_is_waited_for() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker, crashes=1)
    lose_worker(worker)

    ledger.take_back_lost_runs()

    run.refresh_from_db()
    assert run.status == RunStatus.SCHEDULED
    assert TaskRun.objects.filter(run_at__gt=Now()).exists()


def test_attempts_end_before_crashes_do() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker, max_attempts=2, spent=1)
    lose_worker(worker)

    ledger.take_back_lost_runs()

    run.refresh_from_db()
    assert (run.status, run.crashes) == (RunStatus.FAILED, 1)


def test_a_run_that_was_asked_to_stop_is_not_tried_again() -> None:
    worker = make_worker()
    run, _ = make_held_run(worker)
    ledger.cancel([run.id])
    lose_worker(worker)

    ledger.take_back_lost_runs()

    assert status_of(run) == RunStatus.CANCELLED


def test_only_what_had_really_started_counts_a_crash() -> None:
    worker = make_worker()
    started, claimed_only = make_run(), make_run()
    claim(worker)
    other, _ = make_held_run()

    assert ledger.bury(worker, {started.id}, reason="It was killed.") == 2

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


@pytest.fixture
def dying() -> Iterator[Dying]:
    """Starts a session that has locked all runs, and ends once something is so."""
    threads = []

    def start(ends: Callable[[], object]) -> None:
        locked = threading.Event()

        def work() -> None:
            with transaction.atomic():
                list(TaskRun.objects.select_for_update())
                locked.set()
                wait_until(ends, "the session ends")
            connections.close_all()

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        assert locked.wait(10)

    yield start
    for thread in threads:
        thread.join()


def somebody_waits() -> bool:
    """Whether a session waits for the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
            " AND transactionid = pg_current_xact_id()::xid)"
        )
        return bool(cursor.fetchone()[0])


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_what_a_dying_session_still_has_locked_is_not_taken_for_a_crash(dying: Dying) -> None:
    worker = make_worker()
    run, _ = make_held_run(worker, max_attempts=1)
    seen = []

    def is_buried() -> bool:
        seen.append(worker_status(worker))
        return seen[-1] == WorkerStatus.LOST or somebody_waits()

    dying(is_buried)
    assert ledger.bury(worker, set(), reason="It was killed.") == 1

    # Who had seen a lost worker that holds a run would have taken it back, and failed it.
    assert set(seen) == {WorkerStatus.ALIVE}
    assert worker_status(worker) == WorkerStatus.LOST
    assert ledger.take_back_lost_runs() == 0
    run.refresh_from_db()
    assert (run.status, run.spent, run.crashes) == (RunStatus.READY, 0, 0)


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_one_run_that_somebody_keeps_locked_does_not_hold_up_the_others(dying: Dying) -> None:
    worker, over = make_worker(), threading.Event()
    locked, _ = make_held_run(worker)
    dying(over.is_set)
    free, _ = make_held_run(worker)

    try:
        assert ledger.bury(worker, {locked.pk, free.pk}, reason="It was killed.") == 1
    finally:
        over.set()

    assert status_of(free) == RunStatus.READY
    wait_until(ledger.take_back_lost_runs, "the other is taken back")
    assert status_of(locked) == RunStatus.READY


def test_much_is_taken_back_in_batches() -> None:
    worker = make_worker()
    for _ in range(5):
        make_run()
    claim(worker)
    lose_worker(worker)

    assert [ledger.take_back_lost_runs(limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_malformed_history_does_not_keep_others_from_being_taken_back() -> None:
    worker = make_worker()
    bad, good = make_run(errors="not JSON"), make_run()
    claim(worker)
    lose_worker(worker)

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

    lose_worker(gone)

    assert ledger.pulse(worker).lost
