"""Time what the service reads, over a million runs that ended within a day.

    cd PROJECT
    export DATABASE_URL=postgres://… PYTHONPATH=TEMPLATE
    uv run python -m benchmarks.inside.statistics [RUNS]

Works in a database of its own, whose name begins with `test_`, and removes it.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django
from django.db import connection

RUNS = 1_000_000
TASKS, QUEUES = 20, 5
TIMES = 30
DAY = timedelta(days=1)
LIVE = {"HX-Request": "true", "HX-Target": "tasks-live"}

# Of every task one in a hundred failed; waits are 0.1 s on average and durations 1 s, long-tailed.
FILL = """
INSERT INTO tasks_taskrun (id, name, queue, priority, status, gated, is_async, arguments, run_at,
    enqueued_at, started_at, attempted_at, finished_at, attempt, spent, crashes, max_attempts,
    cancel_requested, reason, errors, takes_result, regardless, leads)
SELECT gen_random_uuid(), 'shop.tasks.task_' || number %% %(tasks)s,
    'queue_' || number %% %(queues)s, 0,
    CASE WHEN number %% 97 = 0 THEN 'FAILED' ELSE 'SUCCESSFUL' END, false, false,
    '{"args":[],"kwargs":{}}', finished - took - waited, finished - took - waited,
    finished - took, finished - took, finished, 1, 1, 0, 8, false, '', '[]', false, false, false
FROM (SELECT number, now() - number * interval '1 day' / %(runs)s AS finished,
        -ln(random() + 1e-9) * interval '0.1 s' AS waited,
        -ln(random() + 1e-9) * interval '1 s' AS took
    FROM generate_series(1, %(runs)s) AS number) AS made
"""


def main(runs: int = RUNS) -> None:
    """Fill, count, and print a line for each reading."""
    django.setup()
    if connection.vendor != "postgresql":
        sys.exit("This is measured on PostgreSQL: set DATABASE_URL.")
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        _measure(runs)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _measure(runs: int) -> None:
    from tasks.service import service
    from tasks.statistics.rollups import roll_up

    with _timed(f"insert {runs:,} runs"), connection.cursor() as cursor:
        cursor.execute(FILL, {"runs": runs, "tasks": TASKS, "queues": QUEUES})
        cursor.execute("VACUUM ANALYZE tasks_taskrun")
    with _timed("count their minutes, once"):
        while roll_up():
            pass
    readings: dict[str, Callable[[], Any]] = {
        "statistics()": service.statistics,
        "statistics(day)": lambda: service.statistics(DAY),
        "statistics(day, by task)": lambda: service.statistics(DAY, by="name"),
        "timeline(minutes)": lambda: service.timeline(timedelta(minutes=1)),
        "timeline(hours)": service.timeline,
        "timeline(hours, one task)": lambda: service.timeline(task="shop.tasks.task_7"),
        "overview(hour)": service.overview,
        "overview(day)": lambda: service.overview("day"),
        "overview(week)": lambda: service.overview("week"),
        "dashboard, hour": _getting("/admin/tasks/dashboard/", **LIVE),
        "dashboard, week": _getting("/admin/tasks/dashboard/?window=week", **LIVE),
        "queues()": service.queues,
        "pending()": service.pending,
        "completed(day)": lambda: service.completed(DAY),
        "failed(day)": lambda: service.failed(DAY),
        "failed_runs()": service.failed_runs,
        "health()": service.health,
        "GET timeline/?step=minute": _getting("/api/tasks/timeline/?step=minute"),
        "GET timeline/": _getting("/api/tasks/timeline/"),
        "GET overview/": _getting("/api/tasks/overview/"),
        "GET stats/": _getting("/api/tasks/stats/"),
        "GET runs/": _getting("/api/tasks/runs/"),
        "GET runs/?status=FAILED": _getting("/api/tasks/runs/?status=FAILED"),
        "GET runs/?task=…": _getting("/api/tasks/runs/?task=shop.tasks.task_7"),
    }
    for name, read in readings.items():
        taken = [_seconds(read) * 1000 for _ in range(TIMES)]
        print(f"{name:<26} median {statistics.median(taken):6.1f} ms, worst {max(taken):6.1f} ms")


def _getting(address: str, **headers: str) -> Callable[[], Any]:
    """Return what asks for a page, in this process, as somebody who may see everything."""
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from django.test import Client

    # The address that a site in development answers to.
    client = Client(SERVER_NAME="localhost")
    user, _ = get_user_model()._default_manager.get_or_create(
        email="ada@example.com", is_staff=True, is_superuser=True
    )
    client.force_login(user)

    def get() -> None:
        cache.clear()
        answer = client.get(address, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}: {answer.content!r}")

    return get


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    print(f"{what:<26} {time.perf_counter() - began:6.1f} s", flush=True)


def _seconds(read: Callable[[], Any]) -> float:
    began = time.perf_counter()
    read()
    return time.perf_counter() - began


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*map(int, sys.argv[1:]))
