"""What happens to orders in the background."""

from orders import saga
from orders.models import Order
from tasks.task import task


@task(
    queue_name="orders",
    max_attempts=12,
    backoff=1.0,
    max_backoff=900.0,
    give_up_on=(Order.DoesNotExist,),
    time_limit=60.0,
    unique="{order_id}",
    manual=True,
)
def process_order(order_id: int) -> str:
    """Reserve, charge and confirm one order; return the state it ended in."""
    return saga.process(order_id)
