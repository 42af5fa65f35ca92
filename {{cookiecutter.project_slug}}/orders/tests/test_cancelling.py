"""A customer cancels at any moment: the goods go back, and so does whatever was charged."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from demo import sandbox
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from orders import cancelling, charges, saga
from orders.cancelling import TooLate, cancel
from orders.models import Order, Refund
from orders.payments import Outcome, OutcomeUnknown
from orders.states import OrderState, RefundState
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_all_ended
from tasks.testing import run_due

pytestmark = pytest.mark.django_db


def state_of(order: Order) -> str:
    return Order.objects.get(pk=order.pk).state


def test_an_order_cancelled_before_the_charge_is_not_charged(witness: Witness) -> None:
    product = make_product(stock_=3)
    order = make_order({product: 2})
    saga.reserve(Order.objects.get(pk=order.pk))

    cancel(order.pk)
    run_due()

    assert state_of(order) == OrderState.RELEASED
    product.refresh_from_db()
    assert product.stock == 3
    assert not witness.charges()
    assert_all_ended()


def test_an_order_cancelled_at_once_takes_nothing() -> None:
    order = make_order()

    cancel(order.pk)
    run_due()

    assert state_of(order) == OrderState.RELEASED
    assert not order.moves.exists()
    assert_all_ended()


def test_a_confirmed_order_that_is_cancelled_is_refunded_and_the_customer_told(
    witness: Witness,
) -> None:
    product = make_product(stock_=3)
    order = make_order({product: 2})
    run_due()

    cancel(order.pk)
    assert state_of(order) == OrderState.REFUNDING
    run_due()

    assert state_of(order) == OrderState.REFUNDED
    product.refresh_from_db()
    assert product.stock == 3
    [refund] = witness.refunds()
    assert (refund.state, refund.amount) == (State.SUCCEEDED, order.total)
    assert Refund.objects.get().provider_id == refund.id
    assert "is refunded" in mail.outbox[-1].subject
    assert_all_ended()


def test_an_order_cancelled_while_it_is_charged_is_refunded(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()
    ask = charges.ask

    def cancel_meanwhile(payment: Any) -> Outcome:
        cancel(order.pk)
        return ask(payment)

    monkeypatch.setattr(charges, "ask", cancel_meanwhile)
    run_due()

    assert state_of(order) == OrderState.REFUNDED
    assert len(witness.charges(State.SUCCEEDED)) == len(witness.refunds(State.SUCCEEDED)) == 1
    assert len(mail.outbox) == 1
    assert_all_ended()


def test_an_order_whose_charge_was_not_answered_is_refunded_once_it_is_known_to_be_made(
    witness: Witness,
) -> None:
    order = make_order(token=sandbox.RESET_AFTER)
    with pytest.raises(OutcomeUnknown):
        saga.process(order.pk)

    cancel(order.pk)
    assert state_of(order) == OrderState.CHARGING
    saga.process(order.pk)
    run_due()

    assert state_of(order) == OrderState.REFUNDED
    assert witness.charge().calls == 1
    assert_all_ended()


def test_a_declined_order_that_was_cancelled_meanwhile_stays_declined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = make_order(token=sandbox.DECLINED)
    ask = charges.ask

    def cancel_meanwhile(payment: Any) -> Outcome:
        cancel(order.pk)
        return ask(payment)

    monkeypatch.setattr(charges, "ask", cancel_meanwhile)
    run_due()

    assert state_of(order) == OrderState.DECLINED
    assert_all_ended()


def test_cancelling_twice_refunds_once(witness: Witness) -> None:
    order = make_order()
    run_due()

    cancel(order.pk)
    cancel(order.pk)
    run_due()
    cancel(order.pk)
    run_due()

    assert len(witness.refunds()) == 1
    assert_all_ended()


def test_an_order_that_ended_otherwise_cannot_be_cancelled() -> None:
    order = make_order(token=sandbox.DECLINED)
    run_due()

    with pytest.raises(TooLate, match="declined"):
        cancel(order.pk)


def test_whoever_loses_against_the_worker_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker charges and confirms between our look at the order and our move."""
    order = make_order()
    release = cancelling._release

    def be_late(seen: Order) -> bool:
        monkeypatch.undo()
        saga.process(order.pk)
        return release(seen)

    monkeypatch.setattr(cancelling, "_release", be_late)

    cancel(order.pk)
    run_due()

    assert state_of(order) == OrderState.REFUNDED
    assert_all_ended()


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_paying_at_once_end_either_way_and_always_right() -> None:
    product = make_product(stock_=100)
    orders = [make_order({product: 1}) for _ in range(20)]
    together = Barrier(2)

    def with_the_other(act: Callable[[int], Any], order: Order) -> None:
        try:
            together.wait(20)
            act(order.pk)
        finally:
            connection.close()

    for order in orders:
        with ThreadPoolExecutor(2) as pool:
            acts = (saga.process, cancel)
            for done in [pool.submit(with_the_other, act, order) for act in acts]:
                done.result()
    run_due()

    ends = set(Order.objects.values_list("state", flat=True))
    assert ends <= {OrderState.RELEASED, OrderState.REFUNDED}
    product.refresh_from_db()
    assert product.stock == 100
    assert not Refund.objects.exclude(state=RefundState.SUCCEEDED).exists()
    assert_all_ended()
