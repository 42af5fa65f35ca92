"""Something of everything that has a page, to look at it."""

from accounts.models import User
from orders.models import Payment, Refund
from orders.states import PaymentState, RefundState
from orders.tests.factories import make_order, make_product

LONG = "A reading lamp of brushed steel, with a switch in its cable and a shade of linen"


def show(user: User) -> None:
    """Make them, the user's own."""
    order = make_order({make_product(name=LONG): 3, make_product(): 1}, user=user)
    make_product(name="Sold out", stock_=0)
    payment = Payment.objects.create(
        order=order,
        provider_key="a-charge",
        state=PaymentState.SUCCEEDED,
        amount=order.total,
        currency=order.currency,
    )
    Refund.objects.create(
        payment=payment,
        provider_key="a-refund",
        state=RefundState.REFUSED,
        amount=order.total,
        currency=order.currency,
        reason="The card has expired.",
    )
