"""The no-op tasks, declared and enqueued as any app of the project does."""

import asyncio
import os
import uuid

from django.db import connection
from django.tasks import task
from tasks.enqueue import enqueue_many as enqueue_all
from tasks.models import TaskRun

from benchmarks.inside import stamps

BATCH = 1_000


def do_nothing() -> None:
    """Do nothing."""


async def do_nothing_on_the_loop() -> None:
    """Do nothing, as a coroutine."""


def note(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


async def note_on_the_loop(enqueued_at: float) -> None:
    """Do the same as a coroutine."""
    stamps.note(enqueued_at)


async def sleep_a_second() -> None:
    """Wait for a second, as for somebody's answer."""
    await asyncio.sleep(1)


on_the_loop = "BENCHMARK_COROUTINES" in os.environ
noop = task(do_nothing_on_the_loop if on_the_loop else do_nothing)
stamp = task(note_on_the_loop if on_the_loop else note)
nap = task(sleep_a_second)


def enqueue() -> None:
    noop.enqueue()


def enqueue_many(count: int) -> None:
    for start in range(0, count, BATCH):
        enqueue_all(noop, [((), {})] * min(BATCH, count - start))


def enqueue_naps(count: int) -> None:
    enqueue_all(nap, [((), {})] * count)


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
            [uuid.uuid4().hex, noop.module_path, "default", 0, "READY", on_the_loop, ARGUMENTS, 8],
        )


ARGUMENTS: str = TaskRun._meta.get_field("arguments").get_default()
