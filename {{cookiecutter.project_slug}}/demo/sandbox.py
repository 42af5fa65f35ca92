"""A payment provider to try the shop with: it keeps books and moves no money.

The card's token says how it behaves, as the test cards of real providers do. It stands for another
company, so its books are committed whatever becomes of the caller: it must be called outside any
transaction, and Django raises `RuntimeError` when it is not.
"""

import time
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from demo.models import SandboxCharge, SandboxState
from orders.payments import (
    Card,
    ChargeRequest,
    Declined,
    Outcome,
    OutcomeUnknown,
    ProviderUnavailable,
    Succeeded,
)

OK: Final = "tok_ok"
"""The money is taken."""
DECLINED: Final = "tok_declined"
"""The card is refused."""
SLOW: Final = "tok_slow"
"""The money is taken, after `SLOW_SECONDS`."""
UNAVAILABLE: Final = "tok_unavailable"
"""The first call is turned away; the second takes the money."""
TIMEOUT_BEFORE: Final = "tok_timeout_before"
"""The first call times out and nothing is taken; the second takes the money."""
TIMEOUT_AFTER: Final = "tok_timeout_after"
"""The first call takes the money and times out all the same."""

TAKING: Final = {OK, SLOW, UNAVAILABLE, TIMEOUT_BEFORE, TIMEOUT_AFTER}
REASONS: Final = {DECLINED: "The card has insufficient funds."}
SLOW_SECONDS = 3.0

CARDS: Final = (
    Card(token=OK, label=_("Good card")),
    Card(token=DECLINED, label=_("Card that is declined")),
    Card(token=SLOW, label=_("Card of a slow bank")),
    Card(token=UNAVAILABLE, label=_("Good card, while the bank is busy at first")),
    Card(token=TIMEOUT_BEFORE, label=_("Good card, whose first charge is lost on the way")),
    Card(token=TIMEOUT_AFTER, label=_("Good card, whose first answer is lost on the way")),
)


class KeyReused(ValueError):
    """One key was sent with two different charges."""


class Sandbox:
    """Follows `orders.payments.PaymentProvider`."""

    def charge(self, request: ChargeRequest) -> Outcome:
        """Charge once per key. Raises `KeyReused` when the key was another charge's."""
        charge = self._receive(request)
        is_first = charge.calls == 1
        if is_first and request.token == UNAVAILABLE:
            raise ProviderUnavailable(f"The sandbox is busy; it did nothing about {request.key}.")
        if is_first and request.token == TIMEOUT_BEFORE:
            raise OutcomeUnknown(f"The sandbox did not answer about {request.key} in time.")
        if request.token == SLOW:
            time.sleep(SLOW_SECONDS)
        outcome = self._decide(charge)
        if is_first and request.token == TIMEOUT_AFTER:
            raise OutcomeUnknown(f"The sandbox did not answer about {request.key} in time.")
        return outcome

    def find(self, key: str) -> Outcome | None:
        """Return what the books say of a key."""
        charge = SandboxCharge.objects.filter(key=key).exclude(state=SandboxState.RECEIVED).first()
        return None if charge is None else _decided(charge)

    def cards(self) -> Sequence[Card]:
        """Return the cards to try the shop with."""
        return CARDS

    def _receive(self, request: ChargeRequest) -> SandboxCharge:
        asked = {
            "token": request.token,
            "amount": request.money.amount,
            "currency": request.money.currency,
        }
        with transaction.atomic(durable=True):
            charge, _new = SandboxCharge.objects.get_or_create(key=request.key, defaults=asked)
            SandboxCharge.objects.filter(pk=charge.pk).update(calls=F("calls") + 1)
            charge.refresh_from_db()
        if any(getattr(charge, name) != value for name, value in asked.items()):
            raise KeyReused(f"The key {request.key} was used for another charge.")
        return charge

    def _decide(self, charge: SandboxCharge) -> Outcome:
        state = SandboxState.SUCCEEDED if charge.token in TAKING else SandboxState.DECLINED
        reason = "" if charge.token in TAKING else REASONS.get(charge.token, "No such card.")
        with transaction.atomic(durable=True):
            undecided = SandboxCharge.objects.filter(pk=charge.pk, state=SandboxState.RECEIVED)
            undecided.update(state=state, reason=reason)
        charge.refresh_from_db()
        return _decided(charge)


def _decided(charge: SandboxCharge) -> Outcome:
    if charge.state == SandboxState.SUCCEEDED:
        return Succeeded(provider_id=charge.provider_id)
    return Declined(reason=charge.reason)
