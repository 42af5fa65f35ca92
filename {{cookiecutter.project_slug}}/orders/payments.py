"""What the shop asks of a payment provider.

A provider is a class that follows `PaymentProvider`; the setting `PAYMENT_PROVIDER` names it. Every
call carries a key that was chosen and committed before it. The provider promises that one key is
one charge, or one refund: asked twice, it answers twice and moves the money once (Stripe calls this
an idempotency key).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from orders.money import Money


@dataclass(frozen=True, kw_only=True)
class ChargeRequest:
    """Take so much money from a card."""

    key: str
    money: Money
    token: str
    """What the provider calls the card; it was given to the customer's browser, not to us."""


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """Give so much of a charge back."""

    key: str
    money: Money
    charge_id: str
    """What the provider calls the charge."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card that the checkout page offers."""

    token: str
    label: str | Promise


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """The money was moved."""

    provider_id: str


@dataclass(frozen=True, kw_only=True)
class Declined:
    """It was refused, for good. No money was moved."""

    reason: str


type Outcome = Succeeded | Declined


class ProviderUnavailable(Exception):
    """The provider did not take the request: no money was moved, ask again later."""


class OutcomeUnknown(Exception):
    """No answer came: the money may have been moved or not. Ask `find` before anything else."""


class RequestRefused(Exception):
    """The provider cannot make sense of the request: a wrong key or address, or a mistake of ours.

    No money was moved, and asking again as we are changes nothing: a person has to look.
    """


class PaymentProvider(Protocol):
    """Moves money. Called outside any transaction: its effect cannot be rolled back.

    Every call may raise `ProviderUnavailable` when nothing happened, `OutcomeUnknown` when that
    cannot be told, as after a time-out, and `RequestRefused`.
    """

    def charge(self, request: ChargeRequest) -> Outcome:
        """Charge, or give the first answer again if the key was charged before."""

    def find(self, key: str) -> Outcome | None:
        """Return what became of a key, or `None` if the provider never finished a charge for it."""

    def refund(self, request: RefundRequest) -> Outcome:
        """Give money back, or give the first answer again if the key was refunded before."""

    def find_refund(self, key: str) -> Outcome | None:
        """Return what became of a refund's key, as `find` does."""

    def cards(self) -> Sequence[Card]:
        """Return the cards to choose from at the checkout.

        None, if the provider's own script in the page asks for the card and writes the token.
        """


def payment_provider() -> PaymentProvider:
    """Return the provider of the setting. Raises `ImproperlyConfigured` when there is none."""
    path = settings.PAYMENT_PROVIDER
    try:
        provider: PaymentProvider = import_string(path)()
    except ImportError as error:
        raise ImproperlyConfigured(
            f"PAYMENT_PROVIDER is {path!r}, which is no class that can be imported. "
            "Set it to the dotted path of a payment provider."
        ) from error
    return provider
