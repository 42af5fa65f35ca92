"""The no-op tasks of huey: as Django's, whose runs it records, or as its own, then forgotten."""

import os

from django.tasks import task
from huey.contrib.djhuey import HUEY
from huey.contrib.djhuey import task as plain_task

from benchmarks.inside import stamps

RECORDS = os.environ["HUEY_RECORDS"] == "yes"


def _noop() -> None:
    """Do nothing."""


def _stamp(enqueued_at: float) -> None:
    """Note when the body began."""
    stamps.note(enqueued_at)


if RECORDS:
    noop, stamp = task()(_noop), task()(_stamp)
    enqueue, enqueue_stamp = noop.enqueue, stamp.enqueue
else:
    enqueue, enqueue_stamp = plain_task()(_noop), plain_task()(_stamp)


def has_unfinished() -> bool:
    """Whether the queue holds a task; one that has begun, which may still run, is not held."""
    return bool(HUEY.pending_count())
