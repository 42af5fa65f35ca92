"""Claims take what is due, most urgent first, and only for workers that live."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from tasks import ledger
from tasks.models import GateKind, RunStatus, TaskRun, WorkerStatus
from tasks.tests.factories import ADD, claim, make_run, make_worker, status_of

pytestmark = pytest.mark.django_db

AGO = timedelta(seconds=60)


def test_a_claim_starts_an_attempt() -> None:
    run, worker = make_run(), make_worker()

    (claimed,) = claim(worker)

    run.refresh_from_db()
    assert (run.status, run.worker_id) == (RunStatus.RUNNING, worker)
    assert (run.attempt, run.spent) == (1, 1)
    assert run.started_at == run.attempted_at is not None
    assert (claimed.id, claimed.attempt, claimed.worker_id) == (run.id, 1, worker)
    assert (claimed.name, claimed.arguments) == (ADD, run.arguments)
    assert abs(claimed.attempted_at - run.attempted_at) < timedelta(milliseconds=2)
    assert claimed.enqueued_at.tzinfo is not None


def test_the_most_urgent_is_taken_first_then_the_earliest_then_the_oldest() -> None:
    late, early = Now() - AGO, Now() - 2 * AGO
    expected = [
        make_run(priority=priority, run_at=run_at, queue=queue)
        for priority, run_at, queue in [
            (100, late, "mail"),
            (5, early, "default"),
            (5, late, "mail"),
            (0, early, "brief"),
            (-100, early, "default"),
        ]
    ]
    same_time = make_run(priority=-100, run_at=expected[-1].run_at)
    # Inserted in another order than that in which they are taken.
    TaskRun.objects.filter(pk=expected[0].pk).update(run_at=late)

    assert [one.id for one in claim(make_worker())] == [
        *(run.id for run in expected),
        same_time.id,
    ]


def test_one_claim_after_another_keeps_the_order() -> None:
    runs = [make_run(priority=number, run_at=Now() - AGO) for number in (3, 9, 1, 7, 5)]
    worker = make_worker()

    taken = [claim(worker, limit=1)[0].id for _ in runs]

    assert taken == [run.id for run in sorted(runs, key=lambda run: -run.priority)]
    assert claim(worker) == []


def test_nothing_is_taken_before_it_is_due() -> None:
    make_run(run_at=Now() + AGO)
    make_run(run_at=Now() + AGO, status=RunStatus.SCHEDULED)

    assert claim(make_worker()) == []


@pytest.mark.parametrize("status", [one for one in RunStatus if one != RunStatus.READY])
def test_only_what_is_ready_is_taken(status: RunStatus) -> None:
    make_run(status=status)

    assert claim(make_worker()) == []


def test_only_the_named_queues_are_looked_into() -> None:
    make_run(queue="default")
    mail = make_run(queue="mail")
    worker = make_worker()

    assert [one.id for one in claim(worker, queues=["mail", "none"])] == [mail.id]
    assert claim(worker, queues=[]) == []
    assert claim(worker, limit=0) == []


@pytest.mark.parametrize("status", [WorkerStatus.LOST, WorkerStatus.STOPPED])
def test_a_worker_that_is_gone_gets_nothing(status: WorkerStatus) -> None:
    run = make_run()

    assert claim(make_worker(status=status)) == []
    assert claim(uuid.uuid4()) == []
    assert status_of(run) == RunStatus.READY


def test_coroutines_are_claimed_by_themselves() -> None:
    plain, coroutine = make_run(), make_run(is_async=True)
    worker = make_worker()

    assert [one.id for one in ledger.claim(worker, ["default"], 9, is_async=True)] == [coroutine.id]
    assert [one.id for one in ledger.claim(worker, ["default"], 9)] == [plain.id]


def test_runs_on_their_last_life_are_claimed_by_themselves() -> None:
    innocent, suspect = make_run(crashes=1), make_run(crashes=2)
    worker = make_worker()

    assert [one.id for one in ledger.claim(worker, ["default"], 9)] == [innocent.id]
    assert [one.id for one in ledger.claim(worker, ["default"], 9, suspects=True)] == [suspect.id]


def test_the_first_start_is_remembered() -> None:
    run, worker = make_run(), make_worker()
    claim(worker)
    run.refresh_from_db()
    first = run.started_at
    TaskRun.objects.filter(pk=run.pk).update(status=RunStatus.READY, worker_id=None)

    (again,) = claim(worker)

    run.refresh_from_db()
    assert run.started_at == first
    assert run.attempted_at is not None
    assert first is not None
    assert run.attempted_at >= first
    assert (again.attempt, again.spent) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_no_run_is_claimed_twice() -> None:
    TaskRun.objects.bulk_create(TaskRun(name=ADD, max_attempts=3) for _ in range(200))
    barrier = threading.Barrier(4)

    def take(_number: int) -> list[uuid.UUID]:
        try:
            worker, taken = make_worker(), list[uuid.UUID]()
            barrier.wait(20)
            while claims := claim(worker, limit=7):
                taken += [one.id for one in claims]
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [id_ for ids in pool.map(take, range(4)) for id_ in ids]

    # One that was locked by another at the look may be left over; nothing is taken twice.
    assert len(taken) == len(set(taken))
    taken += [one.id for one in claim(make_worker(), limit=200)]
    assert len(taken) == len(set(taken)) == 200
    assert set(TaskRun.objects.values_list("attempt", flat=True)) == {1}


def test_due_runs_are_promoted_and_others_are_not() -> None:
    due = make_run(status=RunStatus.SCHEDULED, run_at=Now() - AGO)
    later = make_run(status=RunStatus.SCHEDULED, run_at=Now() + AGO)
    waiting = make_run(status=RunStatus.WAITING, run_at=Now() - AGO)

    assert ledger.promote() == [due.id]

    assert status_of(due) == RunStatus.READY
    assert status_of(later) == RunStatus.SCHEDULED
    assert status_of(waiting) == RunStatus.WAITING
    assert ledger.promote() == []


def test_the_earliest_is_promoted_first() -> None:
    runs = [
        make_run(status=RunStatus.SCHEDULED, run_at=Now() - number * AGO) for number in (1, 3, 2)
    ]

    assert ledger.promote(limit=2) == [runs[1].id, runs[2].id]
    assert ledger.promote(limit=2) == [runs[0].id]


def plan_of(claim_some: Callable[[], object]) -> str:
    """Do it, and return how PostgreSQL went about the claim, by the statistics it has now."""
    statements: list[tuple[str, Any]] = []

    def record(execute: object, sql: str, params: object, many: object, context: object) -> object:
        statements.append((sql, params))
        return execute(sql, params, many, context)  # type: ignore[operator]

    with connection.execute_wrapper(record):
        claim_some()
    sql, params = next(found for found in statements if "SKIP LOCKED" in found[0])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has another plan")
def test_a_claim_reads_the_index_of_what_is_ready() -> None:
    TaskRun.objects.bulk_create(TaskRun(name=ADD, status=RunStatus.SUCCESSFUL) for _ in range(2000))
    make_run()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tasks_taskrun")

    plan = plan_of(lambda: claim(make_worker()))

    assert "tasks_run_ready" in plan
    assert "Seq Scan on tasks_taskrun" not in plan


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has another plan")
def test_named_runs_are_looked_up_one_by_one_in_a_table_without_statistics() -> None:
    TaskRun.objects.bulk_create(TaskRun(name=ADD) for _ in range(2000))

    plan = plan_of(lambda: ledger.claim_these(make_worker(), [uuid.uuid4() for _ in range(8)]))

    assert "tasks_taskrun_pkey" in plan
    assert "tasks_run_ready" not in plan
    assert "Seq Scan on tasks_taskrun" not in plan


def test_named_runs_are_claimed_unless_something_holds_them_back() -> None:
    good, running, later, gated = make_run(), make_run(), make_run(), make_run(gated=True)
    paused, expired, suspect = (
        make_run(queue="brief"),
        make_run(expires_at=Now() - AGO),
        make_run(crashes=2),
    )
    TaskRun.objects.filter(pk=later.pk).update(run_at=Now() + AGO)
    TaskRun.objects.filter(pk=running.pk).update(status=RunStatus.RUNNING)
    ledger.pause(GateKind.QUEUE, "brief")
    runs = [good, running, later, gated, paused, expired, suspect]
    ids = [run.id for run in runs]

    assert [one.id for one in ledger.claim_these(make_worker(), [*ids, uuid.uuid4()])] == [good.id]
    assert ledger.claim_these(make_worker(), ids) == []
    assert [one.id for one in ledger.claim_these(make_worker(), ids, suspects=True)] == [suspect.id]
    assert ledger.claim_these(make_worker(), []) == []


def test_named_runs_may_be_asked_for_by_kind() -> None:
    plain, coroutine = make_run(), make_run(is_async=True)
    ids = [plain.id, coroutine.id]

    assert [one.id for one in ledger.claim_these(make_worker(), ids, is_async=True)] == [
        coroutine.id
    ]
    assert [one.id for one in ledger.claim_these(make_worker(), ids, is_async=False)] == [plain.id]


def test_a_named_run_of_a_paused_task_goes_behind_its_gate() -> None:
    run = make_run()
    ledger.pause(GateKind.TASK, run.name)

    assert ledger.claim_these(make_worker(), [run.id]) == []

    run.refresh_from_db()
    assert (run.status, run.gated, run.spent) == (RunStatus.READY, True, 0)
