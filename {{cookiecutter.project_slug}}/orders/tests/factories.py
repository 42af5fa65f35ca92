"""Makes products and orders for tests."""

import uuid
from collections.abc import Mapping
from itertools import count
from typing import Any

from accounts.models import User
from accounts.tests.factories import make_user
from demo import sandbox
from orders import stock
from orders.checkout import place_order
from orders.models import Order, Product

_numbers = count(1)


def make_product(*, stock_: int = 10, **fields: Any) -> Product:
    """Make a product with so many pieces on the shelf, all of them in the ledger."""
    number = next(_numbers)
    defaults = {
        "name": f"Mug {number}",
        "slug": f"mug-{number}",
        "price": 1250,
        "currency": "EUR",
    }
    product = Product.objects.create(**{**defaults, **fields})
    if stock_:
        stock.receive(product, stock_)
    return product


def make_order(
    quantities: Mapping[Product, int] | None = None,
    *,
    user: User | None = None,
    token: str = sandbox.OK,
    key: str | None = None,
) -> Order:
    """Place an order, of one piece of a new product unless other quantities are given."""
    if quantities is None:
        quantities = {make_product(): 1}
    placed = place_order(
        user=user or make_user(),
        quantities={product.pk: quantity for product, quantity in quantities.items()},
        payment_token=token,
        key=key or str(uuid.uuid4()),
    )
    return placed.order
