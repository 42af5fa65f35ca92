"""The sale that everybody writes first. Its failures are shown in `test_naive.py`."""

import uuid

from django.db import transaction

from accounts.models import User
from orders.models import Order, Product
from orders.payments import ChargeRequest, Outcome, OutcomeUnknown, payment_provider


def buy(user: User, product: Product, token: str) -> Order:
    """Sell one piece: look whether there is one, charge the card, take it off the shelf."""
    if product.stock < 1:
        raise ValueError("Sold out.")
    with transaction.atomic():
        order = Order.objects.create(
            user=user,
            total=product.price,
            currency=product.currency,
            payment_token=token,
            idempotency_key=str(uuid.uuid4()),
        )
        charge(order)
        product.stock -= 1
        product.save()
    return order


def charge(order: Order) -> Outcome:
    """Charge the card, and try again when the provider does not answer."""
    for _ in range(3):
        request = ChargeRequest(key=str(uuid.uuid4()), money=order.money, token=order.payment_token)
        try:
            return payment_provider().charge(request)
        except OutcomeUnknown:
            continue
    raise OutcomeUnknown("The provider does not answer.")
