"""Finds what was left half done, for a schedule that has it carried on.

A run carries an order to its end, however often workers die. What is found here may have none any
more: it used up its attempts while the provider was down, or somebody deleted or cancelled it.
Where a run has failed, the next one most likely fails as well, until a person has put something
right. It is tried again all the same, so that nobody has to remember to, but ever more seldom.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.models import Order, Refund
from orders.states import OPEN_ORDERS, OPEN_REFUNDS, OrderState
from tasks.models import RunStatus, TaskRun
from tasks.task import Task

AFTER = timedelta(minutes=2)
"""What has not moved for so long is looked at."""
SOON, SELDOM = timedelta(minutes=15), timedelta(hours=1)
"""How long what has a run that failed is left alone: `SELDOM` once it stands still for as long."""
BATCH = 100


def stuck_orders() -> QuerySet[Order]:
    """Return the orders on their way to an end that have not moved for a while.

    Those that are being refunded are carried on by their refunds.
    """
    states = [state for state in OPEN_ORDERS if state is not OrderState.REFUNDING]
    return Order.objects.filter(state__in=states, updated_at__lt=Now() - AFTER)


def stuck_refunds() -> QuerySet[Refund]:
    """Return the refunds that have not moved for a while. One that was refused waits for people."""
    return Refund.objects.filter(state__in=OPEN_REFUNDS, updated_at__lt=Now() - AFTER)


def to_be_tried(
    task: Task[..., Any], rows: QuerySet[Order] | QuerySet[Refund]
) -> Iterator[list[int]]:
    """Yield the ids of the rows that have no run of the task which failed lately, in batches."""
    parts = (
        (SOON, rows.filter(updated_at__gte=Now() - SELDOM)),
        (SELDOM, rows.filter(updated_at__lt=Now() - SELDOM)),
    )
    for pause, part in parts:
        failed = _failed_within(pause, task)
        for ids in in_batches(part):
            if tried := [id_ for id_ in ids if task.key_of([id_], {}) not in failed]:
                yield tried


def _failed_within(pause: timedelta, task: Task[..., Any]) -> frozenset[str | None]:
    failed = TaskRun.objects.filter(
        queue=task.queue_name,
        name=task.module_path,
        status=RunStatus.FAILED,
        finished_at__gte=Now() - pause,
    )
    return frozenset(failed.values_list("unique_key", flat=True))


def in_batches(rows: QuerySet[Order] | QuerySet[Refund]) -> Iterator[list[int]]:
    """Yield the ids of all rows, at most `BATCH` of them at a time."""
    last = 0
    while ids := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield ids
        last = ids[-1]
