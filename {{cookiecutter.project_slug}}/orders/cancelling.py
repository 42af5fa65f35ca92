"""The customer's way out of an order, at any moment: races with the worker that charges it.

Before the charge is intended, the goods go back and nobody is charged. After it was made, the money
is given back. In between nobody can know whether the money is taken; the wish is written down, and
whoever learns that it was gives it back.
"""

from django.db import transaction
from django.db.models.functions import Now

from orders import refunds, stock
from orders.models import Order
from orders.states import OrderState
from tasks.failpoints import failpoint


class TooLate(Exception):
    """The order has come to another end."""


def cancel(order_id: int) -> Order:
    """Cancel an order, and return it as it is then. Cancelling twice is cancelling once.

    Raises `TooLate` when it has ended otherwise.
    """
    while True:
        order = Order.objects.get(pk=order_id)
        if order.cancelled_at is not None:
            return order
        if not order.can_be_cancelled:
            raise TooLate(f"Order {order.public_id} is {order.state}.")
        # Whoever loses against a worker looks again: the order has come further meanwhile.
        if _cancel(order):
            return Order.objects.get(pk=order_id)


def _cancel(order: Order) -> bool:
    match order.status:
        case OrderState.PENDING | OrderState.RESERVED:
            return _release(order)
        case OrderState.CHARGING:
            return _wish(order)
        case _:
            return refunds.begin(order)


def _release(order: Order) -> bool:
    with transaction.atomic():
        released = order.move(to=OrderState.RELEASED, cancelled_at=Now())
        if released:
            stock.release(order)
        failpoint("cancelling: released, not committed")
    failpoint("cancelling: released")
    return released


def _wish(order: Order) -> bool:
    """Write down that the order is to be refunded if it is paid."""
    here = Order.objects.filter(pk=order.pk, state=OrderState.CHARGING, cancelled_at=None)
    failpoint("cancelling: not wished for")
    wished = here.update(cancelled_at=Now()) == 1
    failpoint("cancelling: wished for")
    return wished
