"""What happens to orders in the background."""

from datetime import timedelta

from orders import reconciler, refunding, saga
from orders.models import Order, Refund
from orders.payments import RequestRefused
from orders.refunding import RefundRefused
from tasks.context import RunContext
from tasks.enqueue import enqueue_many
from tasks.failpoints import failpoint
from tasks.schedules import schedule
from tasks.task import task


@task(
    queue_name="orders",
    max_attempts=12,
    backoff=1.0,
    max_backoff=900.0,
    give_up_on=(Order.DoesNotExist, RequestRefused),
    time_limit=60.0,
    unique="{order_id}",
    manual=True,
)
def process_order(order_id: int) -> str:
    """Reserve, charge and confirm one order; return the state it ended in."""
    return saga.process(order_id)


# Twenty attempts span half a day. When they are used up, or the provider says no, the run fails for
# good, which is an alert: no money is owed in silence.
@task(
    queue_name="orders",
    max_attempts=20,
    backoff=1.0,
    max_backoff=3600.0,
    give_up_on=(Refund.DoesNotExist, RefundRefused, RequestRefused),
    time_limit=60.0,
    unique="{refund_id}",
)
def refund_order(refund_id: int) -> str:
    """Give the money of one order back; return the state of the refund."""
    return refunding.give_back(refund_id)


@schedule(every=timedelta(minutes=1))
@task(queue_name="orders", takes_context=True, expires_after=60.0, unique=True)
def reconcile_orders(context: RunContext) -> int:
    """Have what was left half done carried on; return how many orders and refunds that were.

    What has a run already keeps it: the unique key of the task sees to that. What has one that
    failed lately is left alone for a while.
    """
    count = 0
    for task_, rows in (
        (process_order, reconciler.stuck_orders()),
        (refund_order, reconciler.stuck_refunds()),
    ):
        for ids in reconciler.to_be_tried(task_, rows):
            context.raise_if_cancelled()
            failpoint("reconciler: batch not enqueued")
            enqueue_many(task_, [((id_,), {}) for id_ in ids])
            failpoint("reconciler: batch enqueued")
            count += len(ids)
    return count
