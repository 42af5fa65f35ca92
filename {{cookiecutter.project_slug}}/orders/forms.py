"""The forms of the cart and the checkout."""

import uuid
from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.cart import MAX_QUANTITY
from orders.payments import Card


class QuantityForm(forms.Form):
    """How many pieces of a product; none takes it out of the cart."""

    quantity = forms.IntegerField(label=_("Quantity"), min_value=0, max_value=MAX_QUANTITY)


class CheckoutForm(forms.Form):
    """The card, and the key that makes a form sent twice one order."""

    payment_token = forms.CharField(label=_("Payment token"), max_length=200)
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, str] | None = None, *, cards: Sequence[Card]) -> None:
        super().__init__(data, initial={"key": str(uuid.uuid4())})
        if cards:
            self.fields["payment_token"] = forms.ChoiceField(
                label=_("Card"),
                choices=[(card.token, card.label) for card in cards],
                initial=cards[0].token,
                widget=forms.RadioSelect,
            )
