"""The look at the books sees what it is there to see."""

import uuid
from collections.abc import Callable

import pytest

from demo.tests.witness import moved
from orders.models import Order
from orders.payments import ChargeRequest, RefundRequest, Succeeded, payment_provider
from orders.tests.factories import make_order
from orders.tests.invariants import assert_books_balance
from orders.tests.scenarios import end_of
from tasks.testing import run_due

pytestmark = [pytest.mark.once, pytest.mark.django_db]


def charge_again(order: Order) -> str:
    """Charge the order's card under a key that nobody has written down."""
    key = f"charge:{uuid.uuid4()}"
    request = ChargeRequest(key=key, money=order.money, token=order.payment_token)
    assert isinstance(payment_provider().charge(request), Succeeded)
    return key


def give_back(order: Order) -> str:
    """Give the order's money back under a key that nobody has written down."""
    key, charge = f"refund:{uuid.uuid4()}", order.payments.get()
    request = RefundRequest(key=key, money=order.money, charge_id=charge.provider_id)
    assert isinstance(payment_provider().refund(request), Succeeded)
    return key


@pytest.mark.parametrize("move", [charge_again, give_back])
def test_naive_money_that_was_moved_under_another_key_is_seen(move: Callable[[Order], str]) -> None:
    order = make_order()
    run_due()
    order.refresh_from_db()
    assert_books_balance()

    key = move(order)

    with pytest.raises(AssertionError, match=key):
        assert_books_balance()
    with pytest.raises(AssertionError, match=key):
        end_of(order)


def test_what_was_moved_in_another_test_is_not_spoken_of() -> None:
    assert moved() == []
