"""The form by which people ask for an export."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exports.kinds import ExportKind


class ExportForm(forms.Form):
    """What to export; for staff, also whose orders."""

    kind = forms.TypedChoiceField(
        label=_("What"),
        choices=ExportKind.choices,
        coerce=ExportKind,
        initial=ExportKind.ORDERS_CSV,
    )
    everyones = forms.BooleanField(label=_("Of all customers"), required=False)

    def __init__(self, *args: Any, for_staff: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not for_staff:
            del self.fields["everyones"]
