"""Finds what was left half done, for a schedule that has it carried on.

A run carries an order to its end, however often workers die. What is found here may have none any
more: it used up its attempts while the provider was down, or somebody deleted or cancelled it.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.models import Order, Refund
from orders.states import OPEN_ORDERS, OPEN_REFUNDS, OrderState

AFTER = timedelta(minutes=2)
"""What has not moved for so long is looked at."""
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


def in_batches(rows: QuerySet[Order] | QuerySet[Refund]) -> Iterator[list[int]]:
    """Yield the ids of all rows, at most `BATCH` of them at a time."""
    last = 0
    while ids := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield ids
        last = ids[-1]
