"""Carries an order from `pending` to a final state, one committed step at a time.

    pending ──► reserved ──► charging ──► paid ──► confirmed
      │  │         │            │          │           │
      │  │         │            ▼          └─────┬─────┘
      │  │         │         declined            ▼
      │  └────┬────┘                         refunding ──► refunded
      ▼       ▼
   sold out  released                     (by the customer: released, refunding)

A worker may die between any two lines here. Whoever runs the order next reads its state and goes
on from there: every step moves the state and does its work in one transaction, so that a step was
either done or not. The one thing no transaction can hold is the charge. Its key is committed before
the call and its result after it, so that a second call is the same charge and not another one.
`refunding` is carried on by a task of its own: see `orders.refunding`.
"""

import logging
from collections.abc import Callable

from django.db import transaction

from emails.outbox import queue_mail
from orders import charges, refunds, stock
from orders.models import Order
from orders.payments import Declined, Succeeded
from orders.states import OrderState
from tasks.failpoints import failpoint

logger = logging.getLogger(__name__)


def process(order_id: int) -> OrderState:
    """Carry an order on until nothing comes after its state, and return that state.

    Raises `Order.DoesNotExist`, and `ProviderUnavailable` or `OutcomeUnknown` when the payment
    provider has to be asked again later.
    """
    while True:
        order = Order.objects.get(pk=order_id)
        step = STEPS.get(order.status)
        if step is None:
            logger.info("Order %s has ended: %s.", order.public_id, order.state)
            return order.status
        step(order)


def reserve(order: Order) -> None:
    """Set the goods aside, or find that they are sold out."""
    try:
        with transaction.atomic(durable=True):
            if order.move(to=OrderState.RESERVED):
                stock.reserve(order)
            failpoint("order: goods taken, not committed")
    except stock.SoldOut:
        failpoint("order: found sold out")
        order.move(to=OrderState.SOLD_OUT)
        failpoint("order: sold out")
    failpoint("order: goods taken")


def intend(order: Order) -> None:
    """Write down that the card is about to be charged, and under which key."""
    with transaction.atomic(durable=True):
        if order.move(to=OrderState.CHARGING):
            charges.intend(order)
        failpoint("order: charge intended, not committed")
    failpoint("order: charge intended")


def charge(order: Order) -> None:
    """Have the card charged, and write down what the provider said."""
    payment = charges.charge_of(order)
    match charges.ask(payment):
        case Succeeded() as outcome:
            with transaction.atomic(durable=True):
                if order.move(to=OrderState.PAID):
                    charges.succeed(payment, outcome)
                failpoint("order: paid, not committed")
            failpoint("order: paid")
        case Declined() as outcome:
            with transaction.atomic(durable=True):
                if order.move(to=OrderState.DECLINED):
                    charges.decline(payment, outcome)
                    stock.release(order)
                failpoint("order: declined, not committed")
            failpoint("order: declined")


def settle(order: Order) -> None:
    """Confirm what is paid, or give the money back if the customer has cancelled meanwhile."""
    if order.cancelled_at is None:
        confirm(order)
    else:
        refunds.begin(order)


def confirm(order: Order) -> None:
    """Tell the customer."""
    with transaction.atomic(durable=True):
        if order.move(to=OrderState.CONFIRMED):
            queue_mail(
                key=f"order-confirmation:{order.pk}",
                template="order_confirmation",
                to=order.user.email,
                language=order.user.language,
                context={"order": order, "lines": list(order.lines.all())},
            )
        failpoint("order: confirmed, not committed")
    failpoint("order: confirmed")


STEPS: dict[OrderState, Callable[[Order], None]] = {
    OrderState.PENDING: reserve,
    OrderState.RESERVED: intend,
    OrderState.CHARGING: charge,
    OrderState.PAID: settle,
}
