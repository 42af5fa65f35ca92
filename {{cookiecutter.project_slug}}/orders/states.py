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
    RELEASED = "released", _("cancelled")
    """The customer cancelled before the charge. The goods are back on the shelf. Final."""
    REFUNDING = "refunding", _("being refunded")
    """Cancelled after the charge: the goods are back, and the money is about to be given back."""
    REFUNDED = "refunded", _("refunded")
    """The provider gave the money back. Final."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens by itself."""
        return self not in OPEN_ORDERS

    @property
    def can_be_cancelled(self) -> bool:
        """Whether the customer may still have another end."""
        return self in CANCELLABLE

    @property
    def sentence(self) -> str | Promise:
        """What the state means, told to the customer."""
        return SENTENCES[self]


MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING: frozenset({OrderState.RESERVED, OrderState.SOLD_OUT, OrderState.RELEASED}),
    OrderState.RESERVED: frozenset({OrderState.CHARGING, OrderState.RELEASED}),
    OrderState.CHARGING: frozenset({OrderState.PAID, OrderState.DECLINED}),
    OrderState.PAID: frozenset({OrderState.CONFIRMED, OrderState.REFUNDING}),
    OrderState.CONFIRMED: frozenset({OrderState.REFUNDING}),
    OrderState.SOLD_OUT: frozenset(),
    OrderState.DECLINED: frozenset(),
    OrderState.RELEASED: frozenset(),
    OrderState.REFUNDING: frozenset({OrderState.REFUNDED}),
    OrderState.REFUNDED: frozenset(),
}

OPEN_ORDERS = (
    OrderState.PENDING,
    OrderState.RESERVED,
    OrderState.CHARGING,
    OrderState.PAID,
    OrderState.REFUNDING,
)
"""The states in which the shop has still something to do."""

CANCELLABLE = (
    OrderState.PENDING,
    OrderState.RESERVED,
    OrderState.CHARGING,
    OrderState.PAID,
    OrderState.CONFIRMED,
)
"""The states in which a customer may cancel: what was charged is given back."""

SENTENCES: dict[OrderState, str | Promise] = {
    OrderState.PENDING: _("We have your order."),
    OrderState.RESERVED: _("Your goods are set aside."),
    OrderState.CHARGING: _("We are charging your card."),
    OrderState.PAID: _("Your payment has arrived."),
    OrderState.CONFIRMED: _("Your order is confirmed. A mail is on its way to you."),
    OrderState.RELEASED: _("You have cancelled your order. You were not charged."),
    OrderState.REFUNDING: _("You have cancelled your order. We are giving your money back."),
    OrderState.REFUNDED: _("You have cancelled your order. Your money is on its way back."),
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


class RefundState(models.TextChoices):
    """What is known about a refund."""

    PENDING = "pending", _("pending")
    """Intended: the provider's key is chosen, and nobody has asked the provider yet."""
    UNKNOWN = "unknown", _("unknown")
    """The provider was asked and its answer is not written down: it is asked what it did."""
    SUCCEEDED = "succeeded", _("succeeded")
    """The provider gave the money back. Final."""
    REFUSED = "refused", _("refused")
    """The provider will not give it back. A person has to, in another way."""
    BY_HAND = "by_hand", _("by hand")
    """A person has given the money back in another way. Final."""


OPEN_REFUNDS = (RefundState.PENDING, RefundState.UNKNOWN)
"""The states of a refund whose outcome is not known yet."""

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
