"""What the shop asks of a payment provider.

A provider is a class that follows `PaymentProvider`; the setting `PAYMENT_PROVIDER` names it. Every
call carries a key that was chosen and committed before it. The provider promises that one key is
one charge: asked twice, it answers twice and charges once (Stripe calls this an idempotency key).
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
class Card:
    """A card that the checkout page offers."""

    token: str
    label: str | Promise


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """The money was taken."""

    provider_id: str


@dataclass(frozen=True, kw_only=True)
class Declined:
    """The card was refused, for good. Nothing was taken."""

    reason: str


type Outcome = Succeeded | Declined


class ProviderUnavailable(Exception):
    """The provider did not take the request: nothing was charged, ask again later."""


class OutcomeUnknown(Exception):
    """No answer came: the money may have been taken or not. Ask `find` before anything else."""


class PaymentProvider(Protocol):
    """Charges cards. Called outside any transaction: its effect cannot be rolled back."""

    def charge(self, request: ChargeRequest) -> Outcome:
        """Charge, or give the first answer again if the key was charged before.

        Raises `ProviderUnavailable` when nothing happened and `OutcomeUnknown` when that cannot be
        told, as after a time-out.
        """

    def find(self, key: str) -> Outcome | None:
        """Return what became of a key, or `None` if the provider never finished a charge for it.

        Raises `ProviderUnavailable` and `OutcomeUnknown` as `charge` does.
        """

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
