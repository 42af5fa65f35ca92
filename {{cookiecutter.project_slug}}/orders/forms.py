"""The forms of the cart and the checkout."""

import uuid
from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.cart import MAX_QUANTITY
from orders.money import Money
from orders.payments import Card


class QuantityForm(forms.Form):
    """How many pieces of a product; none takes it out of the cart."""

    quantity = forms.IntegerField(label=_("Quantity"), min_value=0, max_value=MAX_QUANTITY)


class AddForm(forms.Form):
    """How many pieces of a product come into the cart."""

    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=MAX_QUANTITY)


class CheckoutForm(forms.Form):
    """The card, the key that makes a form sent twice one order, and the sum that was shown."""

    payment_token = forms.CharField(label=_("Payment token"), max_length=200)
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)
    total = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        cards: Sequence[Card],
        totals: Sequence[Money],
    ) -> None:
        """`totals`: what the cart costs now."""
        super().__init__(data, initial={"key": str(uuid.uuid4()), "total": _written(totals)})
        if cards:
            self.fields["payment_token"] = forms.ChoiceField(
                label=_("Card"),
                choices=[(card.token, card.label) for card in cards],
                initial=cards[0].token,
                widget=forms.RadioSelect,
            )

    def clean_total(self) -> Money:
        """Return the sum that the page showed; one that cannot be read is nothing's."""
        match self.cleaned_data["total"].split():
            case [amount, currency] if amount.isdecimal():
                return Money(amount=int(amount), currency=currency)
        return Money(amount=0, currency="")

    def show(self, totals: Sequence[Money]) -> None:
        """Have the form, when it is shown again, say that these sums were shown."""
        sent = {name: self.data[name] for name in self.data}
        self.data = {**sent, "total": _written(totals)}


def _written(totals: Sequence[Money]) -> str:
    """An order has one currency: of a cart in several, no sum is one that was agreed to."""
    return f"{totals[0].amount} {totals[0].currency}" if len(totals) == 1 else ""
