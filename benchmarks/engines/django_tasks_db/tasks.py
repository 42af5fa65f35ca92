"""The no-op tasks of django-tasks-db."""

from django.db import connection
from django.tasks import task

from benchmarks.inside import stamps


@task()
def noop() -> None:
    """Do nothing."""


@task()
def stamp(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


def enqueue() -> None:
    noop.enqueue()


def enqueue_stamp(enqueued_at: float) -> None:
    stamp.enqueue(enqueued_at)


def has_unfinished() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM django_tasks_database_dbtaskresult"
            " WHERE status IN ('READY', 'RUNNING'))"
        )
        return bool(cursor.fetchone()[0])
