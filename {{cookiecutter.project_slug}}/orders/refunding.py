"""Gives a charge back: asked for under the refund's own key, and written down.

As a charge, a refund that was asked for and not answered is first asked after. One that the
provider refuses is never dropped: the row says why, and the run that fails with it raises an alert.
"""

import logging

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from emails.outbox import queue_mail
from orders.models import Order, Refund
from orders.payments import Declined, Outcome, RefundRequest, Succeeded, payment_provider
from orders.states import OPEN_REFUNDS, IllegalMove, OrderState, RefundState
from tasks.failpoints import failpoint

logger = logging.getLogger(__name__)


class RefundRefused(Exception):
    """The provider will not give the money back: a person has to, in another way."""


def give_back(refund_id: int) -> RefundState:
    """Have the money given back, unless that was done; return the state of the refund.

    Raises `Refund.DoesNotExist`, `RefundRefused`, and what a provider raises.
    """
    refund = Refund.objects.select_related("payment__order__user").get(pk=refund_id)
    if refund.state in OPEN_REFUNDS:
        match _ask(refund):
            case Succeeded() as outcome:
                _succeed(refund, outcome)
            case Declined() as outcome:
                _open(refund).update(
                    state=RefundState.REFUSED, reason=outcome.reason, updated_at=Now()
                )
                failpoint("refund: refused")
        refund.refresh_from_db()
    if refund.state == RefundState.REFUSED:
        raise RefundRefused(f"{refund} of {refund.money} was refused: {refund.reason}")
    return RefundState(refund.state)


def note_by_hand(refund: Refund) -> bool:
    """Note that a person has given the money back in another way; say whether this call did."""
    refused = Refund.objects.filter(pk=refund.pk, state=RefundState.REFUSED)
    with transaction.atomic():
        if not refused.update(state=RefundState.BY_HAND, updated_at=Now()):
            return False
        _end(refund.payment.order)
        failpoint("by hand: refund noted, not committed")
    failpoint("by hand: refund noted")
    return True


def _ask(refund: Refund) -> Outcome:
    provider = payment_provider()
    failpoint("refund: not begun")
    intended = Refund.objects.filter(pk=refund.pk, state=RefundState.PENDING)
    if not intended.update(state=RefundState.UNKNOWN, updated_at=Now()):
        outcome = provider.find_refund(refund.provider_key)
        failpoint("refund: asked after")
        if outcome is not None:
            return outcome
    failpoint("refund: about to be asked for")
    outcome = provider.refund(
        RefundRequest(
            key=refund.provider_key, money=refund.money, charge_id=refund.payment.provider_id
        )
    )
    failpoint("refund: made, not written down")
    return outcome


def _succeed(refund: Refund, outcome: Succeeded) -> None:
    with transaction.atomic(durable=True):
        if _open(refund).update(
            state=RefundState.SUCCEEDED, provider_id=outcome.provider_id, updated_at=Now()
        ):
            _end(refund.payment.order)
        failpoint("refund: written down, not committed")
    failpoint("refund: written down")


def _end(order: Order) -> None:
    if not order.move(to=OrderState.REFUNDED):
        raise IllegalMove(f"Order {order.public_id} was refunded before.")
    queue_mail(
        key=f"order-refunded:{order.pk}",
        template="order_refunded",
        to=order.user.email,
        language=order.user.language,
        context={"order": order},
    )
    logger.info("Order %s was refunded.", order.public_id)


def _open(refund: Refund) -> QuerySet[Refund]:
    return Refund.objects.filter(pk=refund.pk, state__in=OPEN_REFUNDS)
