"""Sums of money: whole minor units (cents) and a currency, never a float."""

from dataclasses import dataclass
from decimal import Decimal

from django.core.validators import RegexValidator
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

# ISO 4217: how many digits follow the point, where it is not two. Of money that people pay with.
DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}

currency_validator = RegexValidator(
    r"\A[A-Z]{3}\Z", _("A currency is three capital letters, such as EUR.")
)


@dataclass(frozen=True, kw_only=True)
class Money:
    """So many minor units of a currency. Printed as the active language writes numbers."""

    amount: int
    currency: str

    def __str__(self) -> str:
        digits = DIGITS.get(self.currency, 2)
        value = Decimal(self.amount).scaleb(-digits)
        return f"{number_format(value, decimal_pos=digits)} {self.currency}"
