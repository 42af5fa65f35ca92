"""A million runs that ended within a day, what is there now, and what was counted before.

On PostgreSQL and on SQLite, by statements of theirs: as objects it would take minutes.
"""

from datetime import timedelta
from typing import Any

from django.db import connection

TASKS, QUEUES, WORKERS = 20, 5, 8
BACKLOG = 4_000
LATELY = 70 / 86_400
"""Days: the last minute and the 10 seconds after it are not rolled up yet."""
MINUTES_KEPT, HOURS_KEPT = 2, 90
"""Days of rollups that are there in the end, as in a project that has been running for long."""

# Of every 97 runs one failed, in one of seven ways; waits are 0.1 s on average and durations 1 s,
# long-tailed.
ENDED = {
    "postgresql": """
INSERT INTO tasks_taskrun (id, name, queue, priority, status, gated, is_async, arguments, run_at,
    enqueued_at, started_at, attempted_at, finished_at, attempt, spent, crashes, max_attempts,
    cancel_requested, reason, errors, fingerprint, takes_result, regardless, leads)
SELECT gen_random_uuid(), 'shop.tasks.task_' || (number %% %(tasks)s),
    'queue_' || (number %% %(queues)s), 0,
    CASE WHEN number %% 97 = 0 THEN 'FAILED' ELSE 'SUCCESSFUL' END, false, false,
    '{"args":[],"kwargs":{}}', finished - took - waited, finished - took - waited,
    finished - took, finished - took, finished, 1, 1, 0, 8, false, '',
    CASE WHEN number %% 97 = 0 THEN %(errors)s ELSE '[]' END,
    CASE WHEN number %% 97 = 0 THEN 'kind ' || (number %% 7) END, false, false, false
FROM (SELECT number, now() - number * %(days)s * interval '1 day' / %(runs)s AS finished,
        -ln(random() + 1e-9) * interval '0.1 s' AS waited,
        -ln(random() + 1e-9) * interval '1 s' AS took
    FROM generate_series(1, %(runs)s) AS number) AS made
""",
    "sqlite": """
INSERT INTO tasks_taskrun (id, name, queue, priority, status, gated, is_async, arguments, run_at,
    enqueued_at, started_at, attempted_at, finished_at, attempt, spent, crashes, max_attempts,
    cancel_requested, reason, errors, fingerprint, takes_result, regardless, leads)
WITH RECURSIVE series (number) AS (
    SELECT 1 UNION ALL SELECT number + 1 FROM series WHERE number < %(runs)s
), made AS MATERIALIZED (
    SELECT number, julianday('now') - number * %(days)s / %(runs)s AS finished,
        -ln((random() + 9223372036854775808.0) / 18446744073709551616.0 + 1e-9) * 0.1 / 86400
            AS waited,
        -ln((random() + 9223372036854775808.0) / 18446744073709551616.0 + 1e-9) / 86400 AS took
    FROM series
), written AS (
    SELECT number, strftime('%%Y-%%m-%%d %%H:%%M:%%f', finished - took - waited) AS due,
        strftime('%%Y-%%m-%%d %%H:%%M:%%f', finished - took) AS began,
        strftime('%%Y-%%m-%%d %%H:%%M:%%f', finished) AS ended
    FROM made
)
SELECT lower(hex(randomblob(16))), 'shop.tasks.task_' || (number %% %(tasks)s),
    'queue_' || (number %% %(queues)s), 0,
    CASE WHEN number %% 97 = 0 THEN 'FAILED' ELSE 'SUCCESSFUL' END, false, false,
    '{"args":[],"kwargs":{}}', due, due, began, began, ended, 1, 1, 0, 8, false, '',
    CASE WHEN number %% 97 = 0 THEN %(errors)s ELSE '[]' END,
    CASE WHEN number %% 97 = 0 THEN 'kind ' || (number %% 7) END, false, false, false
FROM written
""",
}
ERRORS = (
    '[{"attempt":1,"exception_class_path":"shop.errors.Jam","message":"out of paper",'
    '"traceback":"","worker_id":"","started_at":"","seconds":1.0}]'
)


def fill(runs: int, *, days: float = 1.0) -> None:
    """Insert runs that ended one after another, the last one now."""
    values = {"runs": runs, "days": days, "tasks": TASKS, "queues": QUEUES, "errors": ERRORS}
    with connection.cursor() as cursor:
        cursor.execute(ENDED[connection.vendor], values)
    _analyse()


def stage(runs: int) -> None:
    """Add what is there now: what ended since a minute was counted last, a backlog, workers with
    what they hold, schedules, a paused queue."""
    fill(round(runs * LATELY), days=LATELY)
    from tasks.ledger import now
    from tasks.models import Gate, GateKind, RunStatus, Schedule, TaskRun, Worker

    time = now()
    soon = time + timedelta(hours=1)
    workers = Worker.objects.bulk_create(
        Worker(
            host=f"worker-{number}.example.com",
            pid=number,
            engine="database",
            threads=8,
            beat_at=soon,
            lease_until=soon,
        )
        for number in range(WORKERS)
    )
    waiting = [
        TaskRun(status=status, run_at=run_at, **_named(number))
        for status, run_at in ((RunStatus.READY, time), (RunStatus.SCHEDULED, soon))
        for number in range(BACKLOG)
    ]
    held = [
        TaskRun(
            status=RunStatus.RUNNING,
            worker_id=worker.pk,
            run_at=time,
            attempted_at=time,
            **_named(number),
        )
        for worker in workers
        for number in range(worker.threads)
    ]
    TaskRun.objects.bulk_create([*waiting, *held], batch_size=1000)
    Schedule.objects.bulk_create(
        Schedule(name=f"job {number}", task="shop.tasks.job", every_seconds=60, next_at=soon)
        for number in range(WORKERS)
    )
    Gate.objects.create(kind=GateKind.QUEUE, name="queue_1", paused_at=time)
    _analyse()


def count() -> None:
    """Roll the day up, and let the days before it have been like it."""
    from tasks.models import Overall, Rollup
    from tasks.statistics.rollups import roll_up

    while roll_up():
        pass
    for model in (Rollup, Overall):
        for size, days in ((60, MINUTES_KEPT), (3600, HOURS_KEPT)):
            rows: list[Any] = list(model._default_manager.filter(size=size))
            for _day in range(1, days):
                for row in rows:
                    row.pk, row.starts_at = None, row.starts_at - timedelta(days=1)
                model._default_manager.bulk_create(rows, batch_size=1000, ignore_conflicts=True)
    _analyse()


def _named(number: int) -> dict[str, Any]:
    return {"name": f"shop.tasks.task_{number % TASKS}", "queue": f"queue_{number % QUEUES}"}


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
