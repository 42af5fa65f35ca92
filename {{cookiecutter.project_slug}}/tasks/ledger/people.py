"""What people do to runs: stop them, and give them another life."""

import uuid
from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from tasks.errors import UniqueRunExists
from tasks.models import UNSTARTED, RunStatus, TaskRun

_RETRIABLE = (RunStatus.FAILED, RunStatus.CANCELLED)


def cancel(ids: Collection[uuid.UUID]) -> int:
    """Stop runs; return to how many that applied.

    One that has not started ends at once. One that is running is told: its body sees
    `context.cancelled`, and no further attempt is made. One that has ended stays as it is.
    """
    runs = TaskRun.objects.filter(pk__in=ids)
    stopped = runs.filter(status__in=UNSTARTED).update(
        status=RunStatus.CANCELLED, finished_at=Now(), cancel_requested=True
    )
    told = runs.filter(status=RunStatus.RUNNING, cancel_requested=False).update(
        cancel_requested=True
    )
    return stopped + told


def retry(ids: Collection[uuid.UUID]) -> int:
    """Make failed and cancelled runs READY again, with all their attempts; return how many.

    What was written about earlier attempts stays. Raises `UniqueRunExists`, and changes nothing,
    when
    another live run holds the unique key of one of them.
    """
    ended = TaskRun.objects.filter(pk__in=ids, status__in=_RETRIABLE)
    try:
        with transaction.atomic():
            return ended.update(
                status=RunStatus.READY,
                run_at=Now(),
                spent=0,
                crashes=0,
                finished_at=None,
                fingerprint=None,
                worker_id=None,
                cancel_requested=False,
            )
    except IntegrityError as error:
        raise UniqueRunExists(
            "Another live run holds the same unique key. Wait for its end or cancel it, then retry."
        ) from error
