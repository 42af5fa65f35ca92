"""What people do to runs: stop them, start them early, and give them another life."""

import uuid
from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from tasks.errors import UniqueRunExists
from tasks.ledger.groups import follow_ended
from tasks.ledger.revival import RETRIABLE, anew, revive
from tasks.models import UNSTARTED, RunStatus, TaskRun


def cancel(ids: Collection[uuid.UUID]) -> int:
    """Stop runs; return to how many that applied.

    One that has not started ends at once, and what waits for it is cancelled too. One that is
    running is told: its body sees `context.cancelled`, and no further attempt is made. One that has
    ended stays as it is.
    """
    return _cancel(TaskRun.objects.filter(pk__in=ids))


def cancel_workflow(workflow_id: uuid.UUID) -> int:
    """Stop all runs of a workflow, its callbacks too; return to how many that applied."""
    return _cancel(TaskRun.objects.filter(workflow_id=workflow_id))


def retry(ids: Collection[uuid.UUID]) -> int:
    """Make failed and cancelled runs READY again, with all their attempts; return how many.

    What was written about earlier attempts stays. A step of a workflow that waited for another is
    retried by retrying that one (see `tasks.ledger.revival`). Raises `UniqueRunExists`, and changes
    nothing, when another live run holds the unique key of one of them.
    """
    ended = TaskRun.objects.filter(pk__in=ids, status__in=RETRIABLE)
    try:
        with transaction.atomic():
            alone = ended.filter(workflow_id=None).update(
                status=RunStatus.READY, run_at=Now(), **anew()
            )
            return alone + revive(ended.exclude(workflow_id=None))
    except IntegrityError as error:
        said = _(
            "Another live run holds the same unique key. Wait for its end or cancel it, then retry."
        )
        raise UniqueRunExists(said) from error


def promote_now(ids: Collection[uuid.UUID]) -> int:
    """Make scheduled runs READY before they are due; return to how many that applied.

    Attempts stay as they are spent. What waits for another run goes on waiting, and what is gated
    is still claimed through its gates.
    """
    return TaskRun.objects.filter(pk__in=ids, status=RunStatus.SCHEDULED).update(
        status=RunStatus.READY, run_at=Now()
    )


def _cancel(runs: QuerySet[TaskRun]) -> int:
    # One statement: between two, a run could be claimed or given back, and escape both.
    is_running = When(status=RunStatus.RUNNING, then=F("status"))
    has_ended = When(status__in=UNSTARTED, then=Now())
    with transaction.atomic():
        applied = runs.filter(
            Q(status__in=UNSTARTED) | Q(status=RunStatus.RUNNING, cancel_requested=False)
        ).update(
            status=Case(is_running, default=Value(RunStatus.CANCELLED)),
            finished_at=Case(has_ended),
            cancel_requested=True,
        )
        if applied:
            follow_ended(runs.filter(status=RunStatus.CANCELLED))
    return applied
