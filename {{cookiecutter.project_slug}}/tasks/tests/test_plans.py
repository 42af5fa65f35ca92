"""Among a million runs, everything that is done often reads an index that was made for it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.db import connection

from tasks import ledger
from tasks.control.matching import Matching
from tasks.control.newest import newest
from tasks.ledger import Outcome
from tasks.models import RunStatus
from tasks.second_ring import SecondRing
from tasks.service import service
from tasks.tests.factories import make_worker

pytestmark = [
    pytest.mark.alike,
    pytest.mark.skipif(
        connection.vendor != "postgresql",
        reason="SQLite does not say what a million rows would cost",
    ),
]

# 900,000 that have ended, 60,000 that are ready, 10,000 of those behind a gate, 30,000 for later,
# and 100 that run.
_FILL = """
INSERT INTO tasks_taskrun (id, name, queue, priority, status, gated, arguments, max_attempts,
    run_at, enqueued_at, started_at, attempted_at, finished_at, worker_id, fingerprint, attempt)
SELECT gen_random_uuid(), 'shop.tasks.task_' || n %% 10, 'queue_' || n %% 5, 0,
    CASE WHEN n < 60000 THEN 'READY' WHEN n < 90000 THEN 'SCHEDULED' WHEN n < 90100 THEN 'RUNNING'
        WHEN n < 110000 THEN 'FAILED' WHEN n < 120000 THEN 'CANCELLED' ELSE 'SUCCESSFUL' END,
    n < 10000, '{"args":[],"kwargs":{}}', 8,
    CASE WHEN n BETWEEN 60000 AND 90000 THEN now() + interval '1 day' * n / 60000
        ELSE now() - interval '1 second' * n / 10 END,
    now() - interval '1 second' * n / 10,
    CASE WHEN n > 90000 THEN now() - interval '1 second' * n / 10 END,
    CASE WHEN n > 90000 THEN now() - interval '1 second' * n / 10 END,
    CASE WHEN n >= 90100 THEN now() - interval '1 second' * n / 10 END,
    CASE WHEN n BETWEEN 90000 AND 90099 THEN %s::uuid END,
    CASE WHEN n BETWEEN 90100 AND 109999 THEN 'kind ' || n %% 50 END, 1
FROM generate_series(0, 999999) AS n
"""
_EVERY_ROW = re.compile(r"Seq Scan on tasks_taskrun")
QUEUES = [f"queue_{number}" for number in range(5)]


class EveryBell:
    """An engine that is glad to be rung again."""

    needs_second_ring = True

    def __init__(self, **backlog: int) -> None:
        self._backlog = backlog

    def ring(self, _ids: list[uuid.UUID]) -> None:
        """Nobody listens."""

    def backlog(self) -> Mapping[str, int]:
        """Return what waits of some queues."""
        return self._backlog


@pytest.fixture(scope="module")
def million(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A million runs, which no other test sees."""
    with django_db_blocker.unblock():
        worker = make_worker()
        with connection.cursor() as cursor:
            cursor.execute(_FILL, [worker])
            cursor.execute("ANALYZE tasks_taskrun")
        yield worker
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE tasks_taskrun, tasks_worker")


def plan_of(work: Callable[[], object]) -> str:
    """Do it, and return how PostgreSQL went about every statement that reads or writes runs."""
    statements: list[tuple[str, Any]] = []

    def record(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if "tasks_taskrun" in sql:
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        work()
    assert statements
    plans = []
    for sql, params in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", params)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    return "\n\n".join(plans)


CLAIMS: dict[str, Callable[[uuid.UUID], object]] = {
    "tasks_run_ready": lambda worker: ledger.claim(worker, QUEUES, 100),
    "tasks_run_gated": lambda worker: ledger.claim_through_gates(worker, None, {False: 8}),
    "tasks_run_held": ledger.held_runs,
    "tasks_run_due": lambda worker: ledger.promote(),
    "tasks_run_expires": lambda worker: ledger.expire(),
    "tasks_run_finished": lambda worker: ledger.prune_runs(),
}


@pytest.mark.parametrize("index", CLAIMS)
def test_each_move_reads_the_index_made_for_it(million: uuid.UUID, index: str, db: None) -> None:
    plan = plan_of(lambda: CLAIMS[index](million))

    assert index in plan
    assert not _EVERY_ROW.search(plan), plan


EVERYDAY: dict[str, Callable[[uuid.UUID], object]] = {
    "a worker's look": lambda worker: ledger.pulse(worker),
    "a claim of what was rung for": lambda worker: ledger.claim_these(
        worker, [uuid.uuid4() for _ in range(100)]
    ),
    "taking back": lambda worker: ledger.take_back_lost_runs(),
    "sweeping workflows": lambda worker: ledger.sweep_workflows(),
    "settling": lambda worker: ledger.settle(
        [Outcome(id=uuid.uuid4(), attempt=1, status=RunStatus.SUCCESSFUL) for _ in range(100)]
    ),
    "cancelling": lambda worker: ledger.cancel([uuid.uuid4() for _ in range(100)]),
    "retrying": lambda worker: ledger.retry([uuid.uuid4() for _ in range(100)]),
    "running now": lambda worker: ledger.promote_now([uuid.uuid4() for _ in range(100)]),
    "the newest runs": lambda worker: service.runs(limit=100),
    "the newest of a status that nearly all have": lambda worker: service.runs(
        Matching(statuses=(RunStatus.SUCCESSFUL,)), limit=100
    ),
    "what a queue holds": lambda worker: service.queues(),
    "second rings": lambda worker: SecondRing(EveryBell()).ring(),
    "second rings beside a backlog": lambda worker: SecondRing(
        EveryBell(queue_0=10_000, queue_1=0)
    ).ring(),
}


@pytest.mark.parametrize("name", EVERYDAY)
def test_nothing_that_is_done_often_reads_every_row(
    million: uuid.UUID, name: str, db: None
) -> None:
    plan = plan_of(lambda: EVERYDAY[name](million))

    assert not _EVERY_ROW.search(plan), plan


# Of those that are ready some are behind a gate. What waits has two indexes: few are sorted.
FOUND = {
    RunStatus.RUNNING: ("tasks_run_held",),
    RunStatus.READY: ("tasks_run_ready", "tasks_run_gated"),
    RunStatus.WAITING: ("_waiting",),
    RunStatus.SCHEDULED: ("tasks_run_list_scheduled",),
    RunStatus.FAILED: ("tasks_run_list_failed",),
    RunStatus.CANCELLED: ("tasks_run_list_cancelled",),
}


@pytest.mark.parametrize("status", FOUND)
def test_the_newest_of_a_status_are_found_by_its_index(
    million: uuid.UUID, status: RunStatus, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.control.order.MOST_SORTED", 100_000)

    matching = Matching(statuses=(status,))
    listed = plan_of(lambda: list(newest(matching).rows[:50]))
    paged = plan_of(lambda: service.page(matching, 50))

    for plan in (listed, paged):
        assert all(index in plan for index in FOUND[status]), plan
    assert "Index Scan Backward using tasks_taskrun_pkey" not in listed
    assert "Scan Backward using tasks_taskrun_pkey" not in paged


KIND, GROUP = "kind 7", uuid.UUID(int=7)
RARE: dict[str, Matching] = {
    "a status and a queue": Matching(statuses=(RunStatus.SCHEDULED,), queue="nowhere"),
    "a status and a priority": Matching(statuses=(RunStatus.SCHEDULED,), priority=-99),
    "a priority": Matching(priority=-99),
    "a kind of failure": Matching(fingerprint=KIND),
    "a group": Matching(group=GROUP),
    "a status and a task": Matching(statuses=(RunStatus.FAILED,), task="shop.tasks.gone"),
    "a status and a worker": Matching(statuses=(RunStatus.CANCELLED,), worker=GROUP),
    "all that has ended badly": Matching(statuses=(RunStatus.FAILED, RunStatus.CANCELLED)),
}


@pytest.mark.parametrize("name", RARE)
def test_no_page_of_what_is_rare_reads_every_row(million: uuid.UUID, name: str, db: None) -> None:
    plan = plan_of(lambda: service.page(RARE[name], 50))

    assert not _EVERY_ROW.search(plan), plan
