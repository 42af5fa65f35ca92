"""The shop with real workers: under a rush of buyers, and where two of them meet at one order."""

from collections import Counter

import pytest

from accounts.tests.factories import make_user
from demo import sandbox
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from emails.models import Email
from orders.cancelling import cancel
from orders.models import Order
from orders.states import OrderState
from orders.tasks import process_order
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_books_balance
from tasks.engine import engine
from tasks.models import RunStatus, TaskRun
from tasks.testing import assert_enqueued
from tests.conformance.harness import Program, Programs, is_alive, wait_for_status, wait_until

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


@pytest.mark.guarantee("A worker that stood still past its lease can change nothing any more")
def test_two_workers_at_one_order_charge_it_once(
    programs: Programs, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So long that both are at it together: the first has the bank asked when the other begins.
    monkeypatch.setattr(witness, "slow", 3.0)
    both = [*programs.worker("--threads=1").workers(), *programs.worker("--threads=1").workers()]
    product = make_product(stock_=5)
    order = make_order({product: 2}, token=sandbox.SLOW)
    wait_until(witness.charges, "the bank was asked")
    run = assert_enqueued(process_order, order.pk)

    # As if its worker were thought lost, which it is not.
    TaskRun.objects.filter(pk=run.pk).update(status=RunStatus.READY, worker_id=None)
    engine.ring([run.pk])

    other = TaskRun.objects.filter(pk=run.pk, attempt=2).exclude(worker_id=run.worker_id)
    wait_until(other.exists, "the other worker has it, too")
    assert witness.charge().state == State.RECEIVED, "the first was not at it any more"
    wait_for_status(RunStatus.SUCCESSFUL, str(run.pk))
    assert Order.objects.get(pk=order.pk).state == OrderState.CONFIRMED
    assert (witness.charge().state, witness.charge().calls) == (State.SUCCEEDED, 1)
    assert [move.quantity for move in order.moves.all()] == [-2]
    assert Email.objects.filter(key=f"order-confirmation:{order.pk}").count() == 1
    assert all(is_alive(worker.pid) for worker in both)


@pytest.mark.guarantee("Of what there are fifty, fifty are sold, and each is charged once")
def test_whoever_cancels_while_workers_charge_has_paid_nothing_in_the_end(
    crew: Program, witness: Witness
) -> None:
    product, buyer = make_product(stock_=PIECES), make_user()
    orders = [make_order({product: 1}, user=buyer).pk for _ in range(PIECES)]

    for order in orders:
        cancel(order)

    placed = Order.objects.filter(pk__in=orders)
    final = [OrderState.RELEASED, OrderState.REFUNDED]
    wait_until(lambda: placed.filter(state__in=final).count() == PIECES, "all orders are final")
    product.refresh_from_db()
    assert product.stock == PIECES
    charged = [(charge.state, charge.calls) for charge in witness.charges()]
    refunded = [(refund.state, refund.calls) for refund in witness.refunds()]
    assert charged == refunded == [(State.SUCCEEDED, 1)] * len(charged)
    assert len(charged) == placed.filter(state=OrderState.REFUNDED).count()
    assert_books_balance()
