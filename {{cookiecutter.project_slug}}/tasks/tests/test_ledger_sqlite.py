"""SQLite finds what it is asked for by its indexes too, however long the history is."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tasks import ledger
from tasks.models import RunStatus, TaskRun
from tasks.service import service
from tasks.statistics.depths import depths
from tasks.statistics.rollups import roll_up
from tasks.tests.factories import claim, make_run, make_worker

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has other plans"),
]


def through_gates() -> object:
    return ledger.claim_through_gates(make_worker(), None, {False: 1, True: 1})


@pytest.mark.parametrize(
    ("look", "index"),
    [
        (lambda: claim(make_worker()), "tasks_run_ready"),
        (through_gates, "tasks_run_gated"),
        (lambda: ledger.pulse(make_worker(), beat=False), "tasks_run_ready"),
        (lambda: ledger.overdue(1.0, but="", most=9), "tasks_run_ready"),
        (service.statistics, "tasks_run_finished"),
        (service.queues, "tasks_run_failures"),
        (service.failed, "tasks_run_failed_at"),
        (service.failed_runs, "tasks_run_failed_at"),
        (service.workers, "tasks_run_held"),
        (roll_up, "tasks_run_finished"),
    ],
    ids=[
        "claim",
        "gates",
        "pulse",
        "overdue",
        "statistics",
        "queues",
        "failed",
        "failed runs",
        "workers",
        "roll-up",
    ],
)
def test_no_look_reads_the_whole_table(look: Callable[[], object], index: str) -> None:
    TaskRun.objects.create(name="x", status=RunStatus.SUCCESSFUL)
    make_run()
    make_run(gated=True)
    statements: list[tuple[str, Any]] = []

    def record(execute: object, sql: str, params: object, many: object, context: object) -> object:
        statements.append((sql, params))
        return execute(sql, params, many, context)  # type: ignore[operator]

    with connection.execute_wrapper(record):
        look()

    plans = []
    with connection.cursor() as cursor:
        for sql, params in statements:
            if "tasks_taskrun" in sql and "INSERT" not in sql:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
                plans += [row[3] for row in cursor.fetchall()]
    assert any(index in step for step in plans)
    assert [step for step in plans if step in ("SCAN tasks_taskrun", "SCAN run")] == []
    # A search for a least or greatest value that names no index is a scan.
    assert [step for step in plans if step in ("SEARCH tasks_taskrun", "SEARCH run")] == []


def test_who_counts_what_has_failed_looks_at_no_row() -> None:
    statements: list[tuple[str, Any]] = []

    def record(execute: Any, sql: str, params: Any, many: object, context: object) -> object:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    time = ledger.now()
    with connection.execute_wrapper(record):
        depths("queue", time)

    ((sql, params),) = statements
    failed = sql.rpartition(" UNION ALL ")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tasks_taskrun'")
        ((table,),) = cursor.fetchall()
        # The last part has the last parameters: what it calls its status.
        cursor.execute(f"EXPLAIN {failed}", params[-failed.count("%s") :])
        steps = cursor.fetchall()
    rows = {first for _, name, first, second, *_ in steps if (name, second) == ("OpenRead", table)}
    # SQLite moves to a row when the first column of it is read.
    assert [step for step in steps if step[1] == "Column" and step[2] in rows] == []
