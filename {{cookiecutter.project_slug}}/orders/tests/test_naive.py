"""What the sale that everybody writes first does when something breaks, and what ours does."""

from typing import Any

import pytest

from accounts.tests.factories import make_user
from demo import sandbox
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from orders import charges, saga
from orders.models import Order, Product
from orders.payments import OutcomeUnknown
from orders.states import OrderState
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_all_ended
from orders.tests.naive import buy

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """As sudden as SIGKILL: no handler of the program sees it."""


def die(*_args: Any, **_kwargs: Any) -> None:
    raise Killed


def test_naive_a_charge_that_is_not_answered_is_made_three_times(witness: Witness) -> None:
    with pytest.raises(OutcomeUnknown):
        buy(make_user(), make_product(), sandbox.RESET_AFTER)

    assert len(witness.charges(State.SUCCEEDED)) == 3
    assert not Order.objects.exists()


def test_here_a_charge_that_is_not_answered_is_asked_after(witness: Witness) -> None:
    order = make_order(token=sandbox.RESET_AFTER)
    with pytest.raises(OutcomeUnknown):
        saga.process(order.pk)

    assert saga.process(order.pk) == OrderState.CONFIRMED

    assert (witness.charge().state, witness.charge().calls) == (State.SUCCEEDED, 1)
    assert_all_ended()


def test_naive_of_one_piece_two_are_sold() -> None:
    product = make_product(stock_=1)
    # Two requests at once: both have looked before either has sold.
    seen = [Product.objects.get(pk=product.pk) for _ in range(2)]

    for each in seen:
        buy(make_user(), each, sandbox.OK)

    product.refresh_from_db()
    assert (Order.objects.count(), product.stock) == (2, 0)


def test_here_of_one_piece_one_is_sold() -> None:
    product = make_product(stock_=1)
    orders = [make_order({product: 1}) for _ in range(2)]
    seen = [Order.objects.get(pk=order.pk) for order in orders]

    for each in seen:
        saga.reserve(each)

    product.refresh_from_db()
    states = Order.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [OrderState.RESERVED, OrderState.SOLD_OUT]
    assert product.stock == 0


def test_naive_a_process_that_dies_after_the_charge_has_taken_money_for_no_order(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make_product()
    monkeypatch.setattr(Product, "save", die)

    with pytest.raises(Killed):
        buy(make_user(), product, sandbox.OK)

    assert witness.charge().state == State.SUCCEEDED
    assert not Order.objects.exists()


def test_here_a_process_that_dies_after_the_charge_leaves_an_order_that_is_carried_on(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()
    with monkeypatch.context() as patch:
        patch.setattr(charges, "succeed", die)
        with pytest.raises(Killed):
            saga.process(order.pk)
    assert Order.objects.get().state == OrderState.CHARGING

    assert saga.process(order.pk) == OrderState.CONFIRMED

    assert witness.charge().calls == 1
    assert_all_ended()
