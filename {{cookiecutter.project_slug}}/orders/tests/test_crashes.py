"""A worker that dies anywhere leaves an order that the next run brings to the same end."""

from collections.abc import Callable
from typing import Any

import pytest

from demo import sandbox
from demo.tests.witness import Witness
from orders import charges, saga, stock
from orders.models import Order
from orders.payments import ChargeRequest, Outcome
from orders.states import OrderState
from orders.tests.factories import make_order
from orders.tests.invariants import assert_books_balance
from tests.failpoints import Killed

pytestmark = [pytest.mark.alike, pytest.mark.django_db]


def dying_before(_function: Callable[..., Any]) -> Callable[..., Any]:
    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    return die


def dying_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def die(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        raise Killed

    return die


# Every effect of every step, and every step as a whole: to die before one is to die after the last.
POINTS = [
    (stock, "reserve"),
    (charges, "intend"),
    (charges, "ask"),
    (charges, "succeed"),
    (charges, "decline"),
    (stock, "release"),
    (saga, "queue_mail"),
    (Order, "move"),
]
STEPS = list(saga.STEPS)


@pytest.mark.parametrize("token", [sandbox.OK, sandbox.DECLINED])
@pytest.mark.parametrize("dying", [dying_before, dying_after])
@pytest.mark.parametrize(("place", "name"), POINTS)
def test_an_order_ends_the_same_wherever_its_worker_died(
    place: Any,
    name: str,
    dying: Callable[..., Any],
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    witness: Witness,
) -> None:
    order = make_order(token=token)
    with monkeypatch.context() as patch:
        patch.setattr(place, name, dying(getattr(place, name)))
        die_if_it_comes_to_that(order)
    assert_books_balance()

    end = saga.process(order.pk)

    assert end == (OrderState.CONFIRMED if token == sandbox.OK else OrderState.DECLINED)
    assert witness.charge().key == order.payments.get().provider_key
    assert_books_balance()


@pytest.mark.parametrize("state", STEPS)
def test_an_order_ends_the_same_whichever_step_was_the_last(
    state: OrderState, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()
    with monkeypatch.context() as patch:
        patch.setitem(saga.STEPS, state, dying_after(saga.STEPS[state]))
        with pytest.raises(Killed):
            saga.process(order.pk)
    assert_books_balance()

    assert saga.process(order.pk) == OrderState.CONFIRMED
    assert_books_balance()


def test_a_worker_killed_after_the_charge_charges_once(
    monkeypatch: pytest.MonkeyPatch, witness: Witness
) -> None:
    order = make_order()

    def charge_and_die(self: sandbox.Sandbox, request: ChargeRequest) -> Outcome:
        charge(self, request)
        raise Killed

    charge = sandbox.Sandbox.charge
    with monkeypatch.context() as patch:
        patch.setattr(sandbox.Sandbox, "charge", charge_and_die)
        with pytest.raises(Killed):
            saga.process(order.pk)
    assert Order.objects.get(pk=order.pk).state == OrderState.CHARGING

    saga.process(order.pk)

    assert witness.charge().calls == 1
    assert_books_balance()


def test_a_frozen_worker_that_comes_back_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_order()
    ask = charges.ask

    def freeze(payment: Any) -> Outcome:
        """While this worker stands still after the charge, another one finishes the order."""
        outcome = ask(payment)
        monkeypatch.undo()
        assert saga.process(order.pk) == OrderState.CONFIRMED
        return outcome

    monkeypatch.setattr(charges, "ask", freeze)

    assert saga.process(order.pk) == OrderState.CONFIRMED
    assert_books_balance()


def die_if_it_comes_to_that(order: Order) -> None:
    """Process the order; a card that is good is never declined, and so on."""
    try:
        saga.process(order.pk)
    except Killed:
        return
    assert Order.objects.get(pk=order.pk).status.is_final
