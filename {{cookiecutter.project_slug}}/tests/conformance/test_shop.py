"""The shop under a rush of buyers, with real workers."""

from collections import Counter

import pytest

from accounts.tests.factories import make_user
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from orders.models import Order
from orders.states import OrderState
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_books_balance
from tests.conformance.harness import Program, wait_until

pytestmark = pytest.mark.guarantee(
    "Of what there are fifty, fifty are sold, and each is charged once"
)

BUYERS, PIECES = 120, 50


def test_a_hundred_and_twenty_buyers_get_the_fifty_pieces_there_are(
    crew: Program, witness: Witness
) -> None:
    product, buyer = make_product(stock_=PIECES), make_user()

    orders = [make_order({product: 1}, user=buyer).pk for _ in range(BUYERS)]

    placed = Order.objects.filter(pk__in=orders)
    final = [OrderState.CONFIRMED, OrderState.SOLD_OUT]
    wait_until(lambda: placed.filter(state__in=final).count() == BUYERS, "all orders are final")
    assert Counter(placed.values_list("state", flat=True)) == {
        OrderState.CONFIRMED: PIECES,
        OrderState.SOLD_OUT: BUYERS - PIECES,
    }
    product.refresh_from_db()
    assert product.stock == 0
    assert [(charge.state, charge.calls) for charge in witness.charges()] == [
        (State.SUCCEEDED, 1)
    ] * PIECES
    assert_books_balance()
