"""Time the admin's list of runs, its searches and filters, over a million runs.

    cd PROJECT
    export DATABASE_URL=postgres://… PYTHONPATH=TEMPLATE
    uv run python -m benchmarks.inside.listing [RUNS]

Works in a database of its own, whose name begins with `test_`, and removes it. Each page is asked
for as a browser does, through middleware, view and template.
"""

import os
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import django
from django.db import connection

from benchmarks.inside.past import QUEUES, TASKS
from benchmarks.inside.statistics import RUNS, _timed

TIMES = 20
TIED = 10_000
LIMIT = 300.0
"""Milliseconds that 19 of 20 pages must not take longer than."""

# Spread over a day, ids by the time as the application makes them. Of a hundred runs one failed, of
# a thousand one was cancelled; some thousand are there to be run. A failure has 2 kB of traceback.
FILL = """
INSERT INTO tasks_taskrun (id, name, queue, priority, status, gated, is_async, arguments,
    unique_key, run_at, enqueued_at, started_at, attempted_at, finished_at, attempt, spent, crashes,
    max_attempts, cancel_requested, reason, errors, fingerprint, takes_result, regardless, leads)
SELECT (lpad(to_hex((extract(epoch FROM enqueued) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(number::text), 1, 3) || '8' || substr(md5(number::text), 4, 15))::uuid,
    'shop.tasks.task_' || number %% %(tasks)s, 'queue_' || number %% %(queues)s, 0, status, false,
    false, '{"args":[' || number || '],"kwargs":{}}', 'order:' || number, enqueued, enqueued,
    CASE WHEN ended THEN enqueued END, CASE WHEN ended THEN enqueued END,
    CASE WHEN ended THEN enqueued + interval '1 s' END, 1, 1, 0, 8, false, '',
    CASE WHEN status = 'FAILED' THEN '[{"attempt":1,"exception_class_path":"shop.errors.Jam",'
        || '"message":"out of paper ' || number || '","traceback":"'
        || repeat(md5(number::text), 64)
        || '","worker_id":"","started_at":"","seconds":1.0}]' ELSE '[]' END,
    CASE WHEN status = 'FAILED' THEN substr(md5((number %% 7)::text), 1, 16) END,
    false, false, false
FROM (SELECT number, now() - (%(runs)s - number) * interval '1 day' / %(runs)s AS enqueued,
        status NOT IN ('READY', 'SCHEDULED') AS ended, status
    FROM (SELECT number, CASE WHEN number %% 97 = 0 THEN 'FAILED'
            WHEN number %% 997 = 0 THEN 'CANCELLED'
            WHEN number > %(runs)s - 4000 AND number %% 2 = 0 THEN 'READY'
            WHEN number > %(runs)s - 4000 THEN 'SCHEDULED' ELSE 'SUCCESSFUL' END AS status
        FROM generate_series(1, %(runs)s) AS number) AS chosen) AS made
"""

LAST = 200
"""The last page that there is: after 10,000 rows the list ends."""

STATUSES = ("SCHEDULED", "WAITING", "READY", "RUNNING", "SUCCESSFUL", "FAILED", "CANCELLED")
TASK, QUEUE, GONE = "shop.tasks.task_3", "queue_2", "shop.tasks.gone"
KIND = "a87ff679a2f3e71d"
SINCE = {"enqueued_at_from_0": "{hour:%Y-%m-%d}", "enqueued_at_from_1": "{hour:%H:%M:%S}"}
BEFORE = {"enqueued_at_to_0": "{hour:%Y-%m-%d}", "enqueued_at_to_1": "{hour:%H:%M:%S}"}

LISTS: dict[str, dict[str, Any]] = {
    "all": {},
    **{status.lower(): {"status__exact": status} for status in STATUSES},
    "a common task": {"name": TASK},
    "an unknown task": {"name": GONE},
    "a task, failed": {"name": TASK, "status__exact": "FAILED"},
    "a task, successful": {"name": TASK, "status__exact": "SUCCESSFUL"},
    "a queue": {"queue": QUEUE},
    "a queue, failed": {"queue": QUEUE, "status__exact": "FAILED"},
    "a queue, ready": {"queue": QUEUE, "status__exact": "READY"},
    "a worker": {"worker": "{worker}"},
    "an unknown worker": {"worker": str(uuid.uuid4())},
    "a kind of failure": {"fingerprint": KIND},
    "a schedule": {"schedule": "{schedule}"},
    "an unknown schedule": {"schedule": 999},
    "a group": {"group": "{group}"},
    "an unknown group": {"group": str(uuid.uuid4())},
    "half a day": SINCE,
    "before half a day": BEFORE,
    "half a day, failed": {**SINCE, "status__exact": "FAILED"},
    "before half a day, a task": {**BEFORE, "name": GONE},
}
SEARCHES: dict[str, dict[str, Any]] = {
    "text: an id": {"q": str(uuid.uuid4())},
    "text: a task": {"q": "task_3"},
    "text: a key": {"q": "order:999999"},
    "text: nothing": {"q": "no such text anywhere"},
    "text: an error": {"q": "out of paper 970"},
    "text: an error, failed": {"q": "out of paper 970", "status__exact": "FAILED"},
    "text: nothing, successful": {"q": "no such text", "status__exact": "SUCCESSFUL"},
    "text: nothing, half a day": {"q": "no such text", **SINCE},
}
PAGES = {
    **{
        f"{title}{page}": query | more
        for title, query in LISTS.items()
        for page, more in (("", {}), (", last page", {"p": LAST}))
    },
    **SEARCHES,
}


def main(runs: int = RUNS) -> None:
    """Fill, and print a line for each kind of page."""
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
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import reverse
    from tasks.ledger import now

    with _timed(f"insert {runs:,} runs"), connection.cursor() as cursor:
        cursor.execute(FILL, {"runs": runs, "tasks": TASKS, "queues": QUEUES})
        cursor.execute("VACUUM ANALYZE tasks_taskrun")
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.create_superuser("bench@example.com"))
    known = {"hour": now() - timedelta(hours=12), **_ties()}
    address = reverse("admin:tasks_taskrun_changelist")
    slow = []
    for title, query in PAGES.items():
        asked = {key: str(value).format(**known) for key, value in query.items()}
        pages, queries = zip(
            *(_milliseconds(client, address, asked) for _ in range(TIMES)), strict=True
        )
        slow += [title] if _p95(pages) > LIMIT else []
        print(
            f"{title:<36} median {statistics.median(pages):6.1f} ms, p95 {_p95(pages):6.1f} ms; "
            f"in the database {statistics.median(queries):6.1f} ms, p95 {_p95(queries):6.1f} ms"
        )
    print(f"Slower than {LIMIT:.0f} ms: {', '.join(slow) or 'none'}.")


def _ties() -> dict[str, Any]:
    """Give a tenth of the runs to a worker, some to a group, and some to a schedule."""
    from tasks.ledger import now
    from tasks.models import Schedule, ScheduleTick, TaskRun, TickStatus

    worker, group = uuid.uuid4(), uuid.uuid4()
    schedule = Schedule.objects.create(name="nightly", task=TASK, every_seconds=60, next_at=now())
    TaskRun.objects.filter(name=TASK).update(worker_id=worker)
    newest = list(TaskRun.objects.order_by("-pk").values_list("pk", flat=True)[:TIED])
    TaskRun.objects.filter(pk__in=newest).update(group_id=group, workflow_id=group)
    ScheduleTick.objects.bulk_create(
        ScheduleTick(
            schedule=schedule,
            tick=now() - timedelta(minutes=number),
            status=TickStatus.ENQUEUED,
            run_id=id_,
        )
        for number, id_ in enumerate(newest)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"worker": worker, "group": group, "schedule": schedule.pk}


def _p95(taken: Sequence[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95) - 1]


def _milliseconds(client: Any, address: str, query: dict[str, str]) -> tuple[float, float]:
    """Return how long the page took, and how long its queries."""
    queries: list[float] = []

    def watch(execute: Any, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            queries.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    with connection.execute_wrapper(watch):
        response = client.get(address, query, follow=True, secure=True)
    taken = (time.perf_counter() - began) * 1000
    if response.status_code != 200 or "e" in response.wsgi_request.GET:
        sys.exit(f"{query} is answered with {response.status_code}.")
    return taken, sum(queries)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*map(int, sys.argv[1:]))
