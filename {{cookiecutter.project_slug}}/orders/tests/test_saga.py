"""An order from its checkout to its end."""

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from pytest_django import Settings

from demo import sandbox
from demo.sandbox.cards import BEHAVIOURS
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from emails.models import Email
from orders import saga
from orders.models import Order, Payment, StockMove
from orders.payments import OutcomeUnknown
from orders.states import IllegalMove, OrderState, PaymentState, StockReason
from orders.tasks import process_order
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_books_balance
from tasks.models import RunStatus, TaskRun
from tasks.testing import assert_enqueued, run_due

pytestmark = pytest.mark.django_db


def stored(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def test_a_placed_order_is_reserved_charged_confirmed_and_mailed(witness: Witness) -> None:
    product = make_product(stock_=10, price=1250)
    order = make_order({product: 2})
    assert_enqueued(process_order, order.pk)

    run_due()

    assert stored(order).state == OrderState.CONFIRMED
    product.refresh_from_db()
    assert product.stock == 8
    payment = order.payments.get()
    assert payment.state == PaymentState.SUCCEEDED
    charge = witness.charge()
    assert charge.key == payment.provider_key
    assert (charge.state, charge.amount) == (State.SUCCEEDED, 2500)
    assert payment.provider_id == charge.id
    [message] = mail.outbox
    assert message.to == [order.user.email]
    assert str(order.public_id) in message.subject
    assert "25.00 EUR" in message.body
    assert f"http://testserver/shop/orders/{order.public_id}/" in message.body
    assert_books_balance()


def test_a_declined_order_gives_the_goods_back_and_is_not_charged() -> None:
    product = make_product(stock_=3)
    order = make_order({product: 2}, token=sandbox.DECLINED)

    run_due()

    assert stored(order).state == OrderState.DECLINED
    product.refresh_from_db()
    assert product.stock == 3
    assert order.payments.get().reason == "The card has insufficient funds."
    assert mail.outbox == []
    assert [move.reason for move in order.moves.all()] == [
        StockReason.RESERVE,
        StockReason.RELEASE,
    ]
    assert_books_balance()


def test_an_order_sold_out_takes_nothing_of_anything(witness: Witness) -> None:
    plenty, rare = make_product(stock_=10), make_product(stock_=1)
    order = make_order({plenty: 1, rare: 2})

    run_due()

    assert stored(order).state == OrderState.SOLD_OUT
    assert not order.moves.exists()
    assert not order.payments.exists()
    assert not witness.charges()
    assert_books_balance()


TROUBLE = sorted(
    token for token, card in BEHAVIOURS.items() if card.before is not None or card.after is not None
)


@pytest.mark.parametrize("token", TROUBLE)
def test_a_charge_without_an_answer_is_tried_again_and_made_once(
    token: str, witness: Witness, settings: Settings
) -> None:
    settings.PAYMENT_TIMEOUT_SECONDS = 0.3
    order = make_order(token=token)

    [run] = run_due()

    assert run.status == RunStatus.SCHEDULED
    assert stored(order).state == OrderState.CHARGING

    assert saga.process(order.pk) == OrderState.CONFIRMED

    assert witness.charge().state == State.SUCCEEDED
    assert_books_balance()


def test_after_a_time_out_the_provider_is_asked_and_not_charged_again(witness: Witness) -> None:
    order = make_order(token=sandbox.RESET_AFTER)

    with pytest.raises(OutcomeUnknown):
        saga.process(order.pk)
    assert order.payments.get().state == PaymentState.UNKNOWN

    saga.process(order.pk)

    assert witness.charge().calls == 1
    assert order.payments.get().state == PaymentState.SUCCEEDED


def test_a_charge_that_never_arrived_is_sent_again_under_the_same_key(witness: Witness) -> None:
    order = make_order(token=sandbox.RESET_BEFORE)

    with pytest.raises(OutcomeUnknown):
        saga.process(order.pk)
    saga.process(order.pk)

    charge = witness.charge()
    assert charge.calls == 2
    assert charge.key == order.payments.get().provider_key


@pytest.mark.parametrize("token", [sandbox.OK, sandbox.DECLINED])
def test_processing_an_order_that_has_ended_changes_nothing(token: str, witness: Witness) -> None:
    order = make_order(token=token)
    run_due()
    before = (stored(order).state, StockMove.objects.count(), Email.objects.count())

    process_order.enqueue(order.pk)
    run_due()

    assert (stored(order).state, StockMove.objects.count(), Email.objects.count()) == before
    assert witness.charge().calls == 1
    assert_books_balance()


def test_an_order_is_processed_by_one_run_at_a_time() -> None:
    order = make_order()

    process_order.enqueue(order.pk)

    assert TaskRun.objects.filter(name=process_order.module_path).count() == 1


def test_an_order_that_does_not_exist_fails_its_run_at_once() -> None:
    process_order.enqueue(4711)

    [run] = run_due()

    assert run.status == RunStatus.FAILED
    assert run.attempt == 1


def test_an_illegal_move_is_refused_and_says_which() -> None:
    order = make_order()

    with pytest.raises(IllegalMove, match="cannot go from pending to paid"):
        order.move(to=OrderState.PAID)


def test_only_one_of_two_makes_a_move() -> None:
    order = make_order()
    first, second = stored(order), stored(order)

    assert first.move(to=OrderState.SOLD_OUT)
    assert not second.move(to=OrderState.RESERVED)
    assert stored(order).state == OrderState.SOLD_OUT


def test_an_order_has_one_live_charge() -> None:
    order = make_order()
    run_due()

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(order=order, provider_key="another", amount=1, currency="EUR")


def test_a_reservation_cannot_be_written_twice() -> None:
    order = make_order()
    run_due()
    move = order.moves.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        StockMove.objects.create(order=order, product=move.product, reason=move.reason, quantity=-1)


def test_stock_cannot_go_below_zero_whatever_writes_it() -> None:
    product = make_product(stock_=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        type(product).objects.filter(pk=product.pk).update(stock=-1)
