"""The no-op tasks, declared and enqueued as any app of the project does."""

import uuid

from django.db import connection
from django.tasks import task
from tasks.enqueue import enqueue_many as enqueue_all
from tasks.models import TaskRun

from benchmarks.inside import stamps

BATCH = 1_000


@task()
def noop() -> None:
    """Do nothing."""


@task()
def stamp(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


def enqueue() -> None:
    noop.enqueue()


def enqueue_many(count: int) -> None:
    for start in range(0, count, BATCH):
        enqueue_all(noop, [((), {})] * min(BATCH, count - start))


def enqueue_stamp(enqueued_at: float) -> None:
    stamp.enqueue(enqueued_at)


def has_unfinished() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM tasks_taskrun WHERE status = 'READY')"
            " OR EXISTS (SELECT 1 FROM tasks_taskrun WHERE status = 'RUNNING')"
        )
        return bool(cursor.fetchone()[0])


def insert_bare() -> None:
    """Insert what `enqueue()` inserts, by the same driver and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks_taskrun (id, name, queue, priority, status, is_async, arguments,"
            " max_attempts, run_at, enqueued_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)",
            [uuid.uuid4().hex, noop.module_path, "default", 0, "READY", False, ARGUMENTS, 8],
        )


ARGUMENTS: str = TaskRun._meta.get_field("arguments").get_default()
