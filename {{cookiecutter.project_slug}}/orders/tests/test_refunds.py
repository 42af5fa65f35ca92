"""A refund is made once, whatever is lost on the way, and never forgotten."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from demo import sandbox
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from orders import refunding
from orders.cancelling import cancel
from orders.models import Order, Refund
from orders.payments import OutcomeUnknown
from orders.refunding import RefundRefused
from orders.states import OrderState, RefundState
from orders.tasks import refund_order
from orders.tests.factories import make_order
from orders.tests.invariants import assert_all_ended
from tasks.alerts.findings import Rule
from tasks.alerts.watch import watch
from tasks.models import Alert, RunStatus
from tasks.testing import run_due

pytestmark = pytest.mark.django_db


def cancelled(token: str = sandbox.OK) -> Refund:
    """Make an order, confirm and cancel it; return its refund, which is not made yet."""
    order = make_order(token=token)
    run_due()
    cancel(order.pk)
    return Refund.objects.get(payment__order=order)


def test_a_refund_whose_answer_is_lost_is_asked_after_and_not_made_again(witness: Witness) -> None:
    refund = cancelled(sandbox.REFUND_LOST)

    with pytest.raises(OutcomeUnknown):
        refunding.give_back(refund.pk)
    refund.refresh_from_db()
    assert refund.state == RefundState.UNKNOWN

    assert refunding.give_back(refund.pk) == RefundState.SUCCEEDED
    [entry] = witness.refunds()
    assert (entry.state, entry.calls) == (State.SUCCEEDED, 1)
    run_due()
    assert_all_ended()


def test_a_refund_that_was_made_is_not_made_again(witness: Witness) -> None:
    refund = cancelled()
    run_due()

    assert refunding.give_back(refund.pk) == RefundState.SUCCEEDED

    assert [entry.calls for entry in witness.refunds()] == [1]


def test_a_refund_that_is_refused_ends_in_an_alert_and_a_row_for_a_person() -> None:
    watch()
    refund = cancelled(sandbox.REFUND_REFUSED)

    runs = run_due()

    assert [run.status for run in runs if run.name == refund_order.module_path] == [
        RunStatus.FAILED
    ]
    refund.refresh_from_db()
    assert (refund.state, refund.reason) == (RefundState.REFUSED, "The card was closed meanwhile.")
    watch()
    alert = Alert.objects.get(rule=Rule.FAILED)
    assert "orders.tasks.refund_order failed: RefundRefused" in alert.title
    assert refund.provider_key in alert.body
    with pytest.raises(RefundRefused):
        refunding.give_back(refund.pk)


def test_a_person_ends_an_order_whose_money_they_gave_back_by_hand(admin_client: Client) -> None:
    refund = cancelled(sandbox.REFUND_REFUSED)
    run_due()

    listed = reverse("admin:orders_refund_changelist")
    selection = {"action": "note_by_hand", "_selected_action": [refund.pk]}

    asked = admin_client.post(listed, selection)
    assert "Note that the money of 1 refund was given back by hand?" in asked.content.decode()
    assert not LogEntry.objects.exists()
    for _ in range(2):
        admin_client.post(listed, {**selection, "confirmed": "yes"})
    run_due()

    refund.refresh_from_db()
    assert refund.state == RefundState.BY_HAND
    assert LogEntry.objects.get().object_id == str(refund.pk)
    assert Order.objects.get().state == OrderState.REFUNDED
    assert_all_ended()


def test_only_what_was_refused_is_noted_by_hand(admin_client: Client) -> None:
    refund = cancelled()

    admin_client.post(
        reverse("admin:orders_refund_changelist"),
        {"action": "note_by_hand", "_selected_action": [refund.pk], "confirmed": "yes"},
    )

    refund.refresh_from_db()
    assert refund.state == RefundState.PENDING
