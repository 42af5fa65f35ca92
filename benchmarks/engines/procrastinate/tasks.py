"""The no-op tasks of Procrastinate."""

from django.db import connection
from procrastinate.contrib.django import app

from benchmarks.inside import stamps

BATCH = 1_000


@app.task
def noop() -> None:
    """Do nothing."""


@app.task
def stamp(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


def enqueue() -> None:
    noop.defer()


def enqueue_many(count: int) -> None:
    for start in range(0, count, BATCH):
        noop.batch_defer(*[{}] * min(BATCH, count - start))


def enqueue_stamp(enqueued_at: float) -> None:
    stamp.defer(enqueued_at=enqueued_at)


def has_unfinished() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"
        )
        return bool(cursor.fetchone()[0])
