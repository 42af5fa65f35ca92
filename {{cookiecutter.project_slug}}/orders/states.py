"""The states of an order and the moves between them: the one place that knows both."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class OrderState(models.TextChoices):
    """How far an order has come."""

    PENDING = "pending", _("pending")
    """Placed. Nothing has been taken from the shelf or from the card."""
    RESERVED = "reserved", _("reserved")
    """The goods are set aside. Undoing this costs nothing, so it comes before the charge."""
    CHARGING = "charging", _("charging")
    """The intent to charge is written down; the provider may or may not have heard of it."""
    PAID = "paid", _("paid")
    """The provider took the money."""
    CONFIRMED = "confirmed", _("confirmed")
    """The customer's confirmation is in the outbox. Final."""
    SOLD_OUT = "sold_out", _("sold out")
    """Something was no longer on the shelf. Nothing was taken, nothing charged. Final."""
    DECLINED = "declined", _("declined")
    """The provider refused the card. The goods are back on the shelf. Final."""

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after this state."""
        return not MOVES[self]

    @property
    def sentence(self) -> str | Promise:
        """What the state means, told to the customer."""
        return SENTENCES[self]


MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING: frozenset({OrderState.RESERVED, OrderState.SOLD_OUT}),
    OrderState.RESERVED: frozenset({OrderState.CHARGING}),
    OrderState.CHARGING: frozenset({OrderState.PAID, OrderState.DECLINED}),
    OrderState.PAID: frozenset({OrderState.CONFIRMED}),
    OrderState.CONFIRMED: frozenset(),
    OrderState.SOLD_OUT: frozenset(),
    OrderState.DECLINED: frozenset(),
}

SENTENCES: dict[OrderState, str | Promise] = {
    OrderState.PENDING: _("We have your order."),
    OrderState.RESERVED: _("Your goods are set aside."),
    OrderState.CHARGING: _("We are charging your card."),
    OrderState.PAID: _("Your payment has arrived."),
    OrderState.CONFIRMED: _("Your order is confirmed. A mail is on its way to you."),
    OrderState.SOLD_OUT: _("Something in your order is sold out. You were not charged."),
    OrderState.DECLINED: _("Your card was declined. You were not charged."),
}


class PaymentState(models.TextChoices):
    """What is known about a charge."""

    PENDING = "pending", _("pending")
    """Intended: the provider's key is chosen, and nobody has asked the provider yet."""
    UNKNOWN = "unknown", _("unknown")
    """The provider was asked and its answer is not written down: it is asked what it did."""
    SUCCEEDED = "succeeded", _("succeeded")
    """The provider took the money. Final."""
    DECLINED = "declined", _("declined")
    """The provider refused. Final."""


OPEN_PAYMENTS = (PaymentState.PENDING, PaymentState.UNKNOWN)
"""The states of a charge whose outcome is not known yet."""


class StockReason(models.TextChoices):
    """Why goods moved onto the shelf or off it."""

    RECEIVE = "receive", _("received")
    """They came from a supplier, or a count found more or fewer."""
    RESERVE = "reserve", _("reserved")
    """An order took them."""
    RELEASE = "release", _("released")
    """The order that took them will not have them."""


class IllegalMove(Exception):
    """A step tried to bring an order into a state that cannot follow the one it is in."""
