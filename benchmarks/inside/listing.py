"""Time the list of runs, its searches and filters, in admin and API, over a million runs.

    cd PROJECT
    export DATABASE_URL=postgres://… PYTHONPATH=TEMPLATE
    uv run python -m benchmarks.inside.listing [RUNS [PAST]]

Works in a database of its own, whose name begins with `test_`, and removes it. Each page is asked
for as a browser or a program does, through middleware, view and template or serializer; of two
pasts, one after the other, or of the one that is named: in the `usual` one everything is spread
evenly but what is still to be run, in the `old` one all that is rare is long ago.
"""

import os
import statistics
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import django
from django.db import connection

from benchmarks.inside.past import QUEUES, TASKS
from benchmarks.inside.statistics import RUNS, _timed, collect_static

TIMES = 20
TIED = 10_000
LIMIT = 300.0
"""Milliseconds that 19 of 20 pages must not take longer than."""

# Spread over a day, ids by the time as the application makes them. A failure has 2 kB of traceback.
FILL = """
INSERT INTO tasks_taskrun (id, name, queue, priority, status, gated, is_async, arguments,
    unique_key, run_at, enqueued_at, started_at, attempted_at, finished_at, attempt, spent, crashes,
    max_attempts, cancel_requested, reason, errors, fingerprint, takes_result, regardless, leads)
SELECT (lpad(to_hex((extract(epoch FROM enqueued) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(number::text), 1, 3) || '8' || substr(md5(number::text), 4, 15))::uuid,
    'shop.tasks.task_' || (number %% %(tasks)s), 'queue_' || number %% %(queues)s, 0, status, false,
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
        status IN ('SUCCESSFUL', 'FAILED', 'CANCELLED') AS ended, status
    FROM (SELECT number, {status} AS status
        FROM generate_series(1, %(runs)s) AS number) AS chosen) AS made
"""

PASTS = {
    # Of a hundred runs one failed, of a thousand one was cancelled; some thousand are there to be
    # run.
    "usual": """
        CASE WHEN number %% 97 = 0 THEN 'FAILED' WHEN number %% 997 = 0 THEN 'CANCELLED'
            WHEN number > %(runs)s - 4000 AND number %% 2 = 0 THEN 'READY'
            WHEN number > %(runs)s - 4000 THEN 'SCHEDULED' ELSE 'SUCCESSFUL' END""",
    # Since four fifths of the day everything succeeds. What is there besides is older: far more
    # than are sorted of some statuses, a few of others.
    "old": """
        CASE WHEN number > %(runs)s / 5 THEN 'SUCCESSFUL'
            WHEN number %% 2000 = 0 THEN 'WAITING' WHEN number %% 3000 = 1 THEN 'CANCELLED'
            WHEN number %% 10000 = 2 THEN 'RUNNING' WHEN number %% 10 < 3 THEN 'FAILED'
            WHEN number %% 10 < 5 THEN 'SCHEDULED' WHEN number %% 10 < 7 THEN 'READY'
            ELSE 'SUCCESSFUL' END""",
}

LAST = 200
"""The last page that there is in the admin: after 10,000 rows the list ends."""

STATUSES = ("SCHEDULED", "WAITING", "READY", "RUNNING", "SUCCESSFUL", "FAILED", "CANCELLED")
TASK, QUEUE, GONE = "shop.tasks.task_3", "queue_2", "shop.tasks.gone"
KIND = "a87ff679a2f3e71d"

type Query = dict[str, Any]

# By the names of the API's parameters.
FILTERS: dict[str, Query] = {
    "all": {},
    **{status.lower(): {"status": status} for status in STATUSES},
    "a common task": {"task": TASK},
    "an unknown task": {"task": GONE},
    "a task, failed": {"task": TASK, "status": "FAILED"},
    "a task, successful": {"task": TASK, "status": "SUCCESSFUL"},
    "an unknown task, failed": {"task": GONE, "status": "FAILED"},
    "a queue": {"queue": QUEUE},
    "a queue, failed": {"queue": QUEUE, "status": "FAILED"},
    "a queue, ready": {"queue": QUEUE, "status": "READY"},
    "a queue, scheduled": {"queue": QUEUE, "status": "SCHEDULED"},
    "a worker": {"worker": "{worker}"},
    "a worker, failed": {"worker": "{worker}", "status": "FAILED"},
    "an unknown worker": {"worker": str(uuid.uuid4())},
    "a kind of failure": {"fingerprint": KIND},
    "a schedule": {"schedule": "{schedule}"},
    "an unknown schedule": {"schedule": 999},
    "a group": {"group": "{group}"},
    "a group, failed": {"group": "{group}", "status": "FAILED"},
    "an unknown group": {"group": str(uuid.uuid4())},
    "half a day": {"since": "{hour}"},
    "before half a day": {"until": "{hour}"},
    "half a day, failed": {"since": "{hour}", "status": "FAILED"},
    "before half a day, failed": {"until": "{hour}", "status": "FAILED"},
    "before half a day, a task": {"until": "{hour}", "task": GONE},
}
SEARCHES: dict[str, Query] = {
    "text: an id": {"search": str(uuid.uuid4())},
    "text: a task": {"search": "task_3"},
    "text: a key": {"search": "order:999999"},
    "text: nothing": {"search": "no such text anywhere"},
    "text: an error": {"search": "out of paper 970"},
    "text: an error, failed": {"search": "out of paper 970", "status": "FAILED"},
    "text: nothing, successful": {"search": "no such text", "status": "SUCCESSFUL"},
    "text: nothing, half a day": {"search": "no such text", "since": "{hour}"},
}
SEVERAL: dict[str, Query] = {
    "failed or cancelled": {"status": ["FAILED", "CANCELLED"]},
    "not ended": {"status": ["SCHEDULED", "WAITING", "READY", "RUNNING"]},
    "ended": {"status": ["SUCCESSFUL", "FAILED", "CANCELLED"]},
}
"""The admin's list takes one status."""

IN_ADMIN = {"status": "status__exact", "task": "name", "search": "q"}


def _admin_pages(known: Query) -> dict[str, Query]:
    """Return what is asked of the admin, by what it is."""
    asked = {title: _in_admin(query, known) for title, query in {**FILTERS, **SEARCHES}.items()}
    last = {f"{title}, last page": asked[title] | {"p": LAST} for title in FILTERS}
    return asked | last


def _in_admin(query: Query, known: Query) -> Query:
    asked: Query = {}
    for name, value in query.items():
        if name in ("since", "until"):
            side = {"since": "from", "until": "to"}[name]
            asked[f"enqueued_at_{side}_0"] = f"{known['hour']:%Y-%m-%d}"
            asked[f"enqueued_at_{side}_1"] = f"{known['hour']:%H:%M:%S}"
        else:
            asked[IN_ADMIN.get(name, name)] = _filled(value, known)
    return asked


def _api_pages(known: Query) -> dict[str, Query]:
    """Return what is asked of the API, by what it is: first pages, and pages from half a day ago
    on, towards older and towards newer runs."""
    asked = {
        title: {name: _filled(value, known) for name, value in query.items()}
        for title, query in {**FILTERS, **SEVERAL, **SEARCHES}.items()
    }
    pages = {f"API, {title}": query for title, query in asked.items()}
    for title, query in asked.items():
        for way, cursor in (("older", "p={half}"), ("newer", "r=1&p={half}")):
            encoded = b64encode(cursor.format(**known).encode()).decode()
            pages[f"API, {title}, {way}"] = query | {"cursor": encoded}
    return pages


def _filled(value: Any, known: Query) -> Any:
    return value if isinstance(value, list) else str(value).format(**known)


def main(runs: int = RUNS, past: str | None = None) -> None:
    """Fill, and print a line for each kind of page."""
    django.setup()
    if connection.vendor != "postgresql":
        sys.exit("This is measured on PostgreSQL: set DATABASE_URL.")
    collect_static()
    name = connection.settings_dict["NAME"]
    for chosen in PASTS if past is None else (past,):
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            _measure(runs, chosen)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)


def _measure(runs: int, past: str) -> None:
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from django.test import Client
    from django.urls import reverse
    from tasks.ids import last_before
    from tasks.ledger import now

    with _timed(f"insert {runs:,} runs, {past}"), connection.cursor() as cursor:
        fill = FILL.replace("{status}", PASTS[past])
        cursor.execute(fill, {"runs": runs, "tasks": TASKS, "queues": QUEUES})
        cursor.execute("VACUUM ANALYZE tasks_taskrun")
    client = Client(headers={"host": "localhost"})
    client.force_login(get_user_model().objects.create_superuser("bench@example.com"))
    hour = now() - timedelta(hours=12)
    known = {"hour": hour, "half": last_before(hour), **_ties(past)}
    slow = []
    for address, asked in (
        (reverse("admin:tasks_taskrun_changelist"), _admin_pages(known)),
        (reverse("tasks-api:runs"), _api_pages(known)),
    ):
        for title, query in asked.items():
            # The limits of the API are kept there.
            cache.clear()
            pages, cpus, queries = zip(
                *(_milliseconds(client, address, query) for _ in range(TIMES)), strict=True
            )
            slow += [title] if _p95(pages) > LIMIT else []
            print(
                f"{title:<36} median {statistics.median(pages):6.1f} ms, p95 {_p95(pages):6.1f} "
                f"ms, CPU {statistics.median(cpus):6.1f} ms; in the database "
                f"{statistics.median(queries):6.1f} ms, p95 {_p95(queries):6.1f} ms",
                flush=True,
            )
    print(f"Slower than {LIMIT:.0f} ms, {past}: {'; '.join(slow) or 'none'}.", flush=True)


def _ties(past: str) -> Query:
    """Give a tenth of the runs to a worker, some to a group, and some to a schedule: the newest, or
    in an old past the oldest."""
    from tasks.ledger import now
    from tasks.models import Schedule, ScheduleTick, TaskRun, TickStatus

    worker, group = uuid.uuid4(), uuid.uuid4()
    schedule = Schedule.objects.create(name="nightly", task=TASK, every_seconds=60, next_at=now())
    order = "pk" if past == "old" else "-pk"
    tied = list(TaskRun.objects.order_by(order).values_list("pk", flat=True)[:TIED])
    held = {"pk__in": tied} if past == "old" else {"name": TASK}
    TaskRun.objects.filter(**held).update(worker_id=worker)
    TaskRun.objects.filter(pk__in=tied).update(group_id=group, workflow_id=group)
    ScheduleTick.objects.bulk_create(
        ScheduleTick(
            schedule=schedule,
            tick=now() - timedelta(minutes=number),
            status=TickStatus.ENQUEUED,
            run_id=id_,
        )
        for number, id_ in enumerate(tied)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"worker": worker, "group": group, "schedule": schedule.pk}


def _p95(taken: Sequence[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.95) - 1]


def _milliseconds(client: Any, address: str, query: Query) -> tuple[float, float, float]:
    """Return how long the page took, the processor time of this process, and how long its queries
    took."""
    queries: list[float] = []

    def watch(execute: Any, *arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            queries.append((time.perf_counter() - began) * 1000)

    began, began_cpu = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(watch):
        response = client.get(address, query, follow=True, secure=True)
    taken = (time.perf_counter() - began) * 1000
    taken_cpu = (time.process_time() - began_cpu) * 1000
    if response.status_code != 200 or "e" in response.wsgi_request.GET:
        sys.exit(f"{query} is answered with {response.status_code}.")
    return taken, taken_cpu, sum(queries)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
