"""Sums are whole minor units, printed with the digits that the currency has."""

import pytest
from django.utils import translation

from orders.money import Money


@pytest.mark.parametrize(
    ("amount", "currency", "printed"),
    [
        (0, "EUR", "0.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (123456, "EUR", "1234.56 EUR"),
        (500, "JPY", "500 JPY"),
        (1234, "KWD", "1.234 KWD"),
        (1234, "OMR", "1.234 OMR"),
        (1234, "XOF", "1234 XOF"),
        (9007199254740993, "EUR", "90071992547409.93 EUR"),
    ],
)
def test_money_is_printed_exactly(amount: int, currency: str, printed: str) -> None:
    assert str(Money(amount=amount, currency=currency)) == printed


def test_money_is_printed_as_the_language_writes_numbers() -> None:
    with translation.override("de"):
        assert str(Money(amount=1250, currency="EUR")) == "12,50 EUR"
