"""The charge of an order: intended, asked for, and written down."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from orders.models import Order, Payment
from orders.payments import (
    ChargeRequest,
    Declined,
    Outcome,
    Succeeded,
    payment_provider,
)
from orders.states import OPEN_PAYMENTS, IllegalMove, PaymentState
from tasks.failpoints import failpoint


def intend(order: Order) -> Payment:
    """Choose the charge's key and write it down, in the transaction that moves the order."""
    return Payment.objects.create(
        order=order,
        provider_key=key_of(order),
        amount=order.total,
        currency=order.currency,
    )


def charge_of(order: Order) -> Payment:
    """Return the charge that was intended. Raises `Payment.DoesNotExist`."""
    return order.payments.get(provider_key=key_of(order))


def key_of(order: Order) -> str:
    """Return the key under which the provider knows the order's charge."""
    return f"charge:{order.public_id}"


def ask(payment: Payment) -> Outcome:
    """Have the provider charge, or say what it did. Call it outside any transaction.

    Before the first call it is written down that there will be one. Whoever finds that written asks
    first what became of the key. If the provider knows of no charge, the same key is sent again:
    should the first call arrive late, it is still one charge. Raises what a provider raises.
    """
    provider = payment_provider()
    failpoint("order: charge not begun")
    if not _ask_first(payment):
        outcome = provider.find(payment.provider_key)
        failpoint("order: charge asked after")
        if outcome is not None:
            return outcome
    failpoint("order: about to be charged")
    outcome = provider.charge(
        ChargeRequest(
            key=payment.provider_key, money=payment.money, token=payment.order.payment_token
        )
    )
    failpoint("order: charged, not written down")
    return outcome


def succeed(payment: Payment, outcome: Succeeded) -> None:
    """Write down that the money was taken, in the transaction that moves the order."""
    _settle(payment, PaymentState.SUCCEEDED, provider_id=outcome.provider_id)


def decline(payment: Payment, outcome: Declined) -> None:
    """Write down that the card was refused, in the transaction that moves the order."""
    _settle(payment, PaymentState.DECLINED, reason=outcome.reason)


def _ask_first(payment: Payment) -> bool:
    """Write down that the provider is being asked; say whether nobody has asked it before."""
    intended = Payment.objects.filter(pk=payment.pk, state=PaymentState.PENDING)
    return intended.update(state=PaymentState.UNKNOWN, updated_at=Now()) == 1


def _settle(payment: Payment, state: PaymentState, **result: str) -> None:
    if _open(payment).update(state=state, updated_at=Now(), **result) != 1:
        raise IllegalMove(f"Payment {payment} cannot become {state}: it was settled before.")


def _open(payment: Payment) -> QuerySet[Payment]:
    return Payment.objects.filter(pk=payment.pk, state__in=OPEN_PAYMENTS)
