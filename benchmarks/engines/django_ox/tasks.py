"""The no-op tasks of django-ox."""

from django.db import connection
from django.tasks import task
from django_ox.bulk import enqueue_many as enqueue_all

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
            "SELECT EXISTS (SELECT FROM django_ox_oxtask WHERE status IN ('READY', 'RUNNING'))"
        )
        return bool(cursor.fetchone()[0])
