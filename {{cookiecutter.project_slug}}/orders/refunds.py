"""The way to give a customer's money back: the intent and its task come with the order's move."""

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from orders import charges, stock
from orders.models import Order, Refund
from orders.states import OrderState
from tasks.failpoints import failpoint


def begin(order: Order) -> bool:
    """Put the goods back and have the money given back; say whether this call began it.

    The refund, with its key, and the task that makes it are committed together with the order's
    new state.
    """
    # Here, because the tasks import what imports this.
    from orders.tasks import refund_order

    with transaction.atomic(durable=True):
        if not order.move(to=OrderState.REFUNDING, cancelled_at=Coalesce("cancelled_at", Now())):
            return False
        stock.release(order)
        refund_order.enqueue(_intend(order).pk)
        failpoint("refund: intended, not committed")
    failpoint("refund: intended")
    return True


def _intend(order: Order) -> Refund:
    payment = charges.charge_of(order)
    return Refund.objects.create(
        payment=payment,
        provider_key=f"refund:{order.public_id}",
        amount=payment.amount,
        currency=payment.currency,
    )
