"""What is true of the shop's books whatever was killed, repeated or run at once."""

from django.db.models import Sum
from django.db.models.functions import Coalesce

from demo.sandbox.journal import Kind, State
from demo.tests.witness import books
from emails.models import Email
from orders.models import Order, Payment, Product
from orders.states import OPEN_PAYMENTS, OrderState, PaymentState

TOOK_GOODS = {
    OrderState.RESERVED,
    OrderState.CHARGING,
    OrderState.PAID,
    OrderState.CONFIRMED,
}
TOOK_MONEY = {OrderState.PAID, OrderState.CONFIRMED}


def assert_books_balance() -> None:
    """Check goods, money and mails of all orders against each other."""
    _check_shelves()
    for order in Order.objects.all():
        _check_goods(order)
        _check_money(order)
        _check_mail(order)


def _check_shelves() -> None:
    for product in Product.objects.annotate(moved=Coalesce(Sum("moves__quantity"), 0)):
        assert product.stock == product.moved >= 0, product


def _check_goods(order: Order) -> None:
    taken = -(order.moves.aggregate(moved=Sum("quantity"))["moved"] or 0)
    ordered = order.lines.aggregate(pieces=Sum("quantity"))["pieces"]
    assert taken == (ordered if order.status in TOOK_GOODS else 0), order.state


def _check_money(order: Order) -> None:
    keys = {payment.provider_key for payment in Payment.objects.filter(order=order)}
    charges = [
        charge
        for charge in books().entries(Kind.CHARGE)
        if charge.key in keys and charge.state is State.SUCCEEDED
    ]
    payments = order.payments.filter(state=PaymentState.SUCCEEDED)
    if order.status in TOOK_MONEY:
        assert [charge.amount for charge in charges] == [order.total]
        assert payments.count() == 1
    elif order.status.is_final:
        assert not charges
        assert not order.payments.filter(state__in=OPEN_PAYMENTS).exists()


def _check_mail(order: Order) -> None:
    mails = Email.objects.filter(key=f"order-confirmation:{order.pk}").count()
    assert mails == (1 if order.status is OrderState.CONFIRMED else 0)
