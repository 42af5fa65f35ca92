"""Whatever was left half done is found and carried on, and found once however many look."""

from datetime import timedelta
from http import HTTPStatus
from typing import NoReturn

import pytest
from django.db.models import F

from demo.sandbox.server import Refused
from demo.tests.witness import Witness
from orders import charges, reconciler, saga
from orders.cancelling import cancel
from orders.models import Order, Refund
from orders.states import OrderState
from orders.tasks import process_order, reconcile_orders
from orders.tests.factories import make_order
from orders.tests.invariants import assert_all_ended
from tasks.context import RunContext
from tasks.models import RunStatus, Schedule, TaskRun
from tasks.schedules import sync
from tasks.testing import run_due

pytestmark = pytest.mark.django_db


def left_in(state: OrderState) -> Order:
    """Make an order that nobody carries on any more, in this state."""
    order = make_order()
    while (here := Order.objects.get(pk=order.pk)).state != state:
        saga.STEPS[here.status](here)
    TaskRun.objects.all().delete()
    return here


def long_ago(ago: timedelta = 2 * reconciler.AFTER) -> None:
    """Let what there is have been there for a while."""
    for model in (Order, Refund):
        model.objects.update(updated_at=F("updated_at") - ago)
    TaskRun.objects.update(finished_at=F("finished_at") - ago)


def reconcile() -> None:
    reconcile_orders.enqueue()
    run_due()


@pytest.mark.parametrize("state", saga.STEPS)
def test_an_order_that_nobody_carries_on_is_carried_on(state: OrderState) -> None:
    order = left_in(state)
    long_ago()

    reconcile()

    assert Order.objects.get(pk=order.pk).state == OrderState.CONFIRMED
    assert_all_ended()


def test_a_charge_that_nobody_has_heard_of_is_asked_after(witness: Witness) -> None:
    order = left_in(OrderState.CHARGING)
    charges.ask(charges.charge_of(order))
    long_ago()

    reconcile()

    assert witness.charge().calls == 1
    assert_all_ended()


def test_a_refund_that_nobody_makes_is_made(witness: Witness) -> None:
    order = make_order()
    run_due()
    cancel(order.pk)
    TaskRun.objects.all().delete()
    long_ago()

    reconcile()

    assert len(witness.refunds()) == 1
    assert_all_ended()


def refuse(key: str) -> NoReturn:
    """Answer as a provider does whose key is wrong."""
    raise Refused(HTTPStatus.UNAUTHORIZED, "No such key.")


@pytest.mark.parametrize("what", ["order", "refund"])
def test_what_the_provider_refuses_to_hear_is_tried_ever_more_seldom_until_it_hears(
    what: str, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make_order()
    if what == "refund":
        run_due()
        cancel(order.pk)
    with monkeypatch.context() as patch:
        patch.setattr(witness, "answering", refuse)
        run_due()
        failed = []
        for minutes in (3, 13, 14, 2, 60, 30, 31):
            long_ago(timedelta(minutes=minutes))
            reconcile()
            failed.append(TaskRun.objects.filter(status=RunStatus.FAILED).count())
    assert failed == [1, 2, 2, 3, 4, 4, 5]

    long_ago(timedelta(hours=1))
    reconcile()

    assert len(witness.charges()) == 1
    assert_all_ended()


def test_what_has_moved_just_now_is_left_alone() -> None:
    order = left_in(OrderState.RESERVED)

    reconcile()

    assert Order.objects.get(pk=order.pk).state == OrderState.RESERVED


def test_what_has_a_run_keeps_the_one_it_has() -> None:
    order = make_order()
    long_ago()

    looking = reconcile_orders.enqueue()
    for _ in range(3):
        assert reconcile_orders.func(RunContext(task_result=looking)) == 1

    assert TaskRun.objects.filter(name=process_order.module_path).count() == 1
    run_due()
    assert Order.objects.get(pk=order.pk).state == OrderState.CONFIRMED


def test_all_of_many_are_found_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "BATCH", 2)
    pks = [left_in(OrderState.PENDING).pk for _ in range(5)]
    long_ago()

    batches = list(reconciler.in_batches(reconciler.stuck_orders()))

    assert batches == [pks[:2], pks[2:4], pks[4:]]


def test_it_is_looked_for_by_a_schedule() -> None:
    sync()

    assert Schedule.objects.get(task=reconcile_orders.module_path).enabled
