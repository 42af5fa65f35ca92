"""The shop's side of the sandbox: the shop's own HTTP client, and the cards to try it with."""

from collections.abc import Sequence
from dataclasses import dataclass

from demo.sandbox.cards import BEHAVIOURS
from orders.http_provider import HttpProvider
from orders.payments import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One key in the sandbox's books, as it shows it to people."""

    key: str
    status: str
    amount: int
    currency: str
    calls: int


class Sandbox(HttpProvider):
    """Follows `orders.payments.PaymentProvider`."""

    def cards(self) -> Sequence[Card]:
        """Return the cards to try the shop with."""
        return [Card(token=token, label=card.label) for token, card in BEHAVIOURS.items()]

    def charges(self) -> list[Movement]:
        """Return the newest charges in the sandbox's books, newest first.

        Raises `ProviderUnavailable` or `OutcomeUnknown` when the sandbox does not answer.
        """
        return self._listed("/v1/charges")

    def refunds(self) -> list[Movement]:
        """Return the newest refunds, as `charges` does."""
        return self._listed("/v1/refunds")

    def _listed(self, path: str) -> list[Movement]:
        names = Movement.__dataclass_fields__
        entries = self._call("GET", path).json()["data"]
        return [Movement(**{name: entry[name] for name in names}) for entry in entries]
