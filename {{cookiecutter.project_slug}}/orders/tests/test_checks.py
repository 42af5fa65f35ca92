"""A shop that cannot charge says so when it starts."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from orders.checks import check_payment_provider
from orders.payments import payment_provider


def test_the_sandbox_passes(settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = "demo.sandbox.Sandbox"

    assert check_payment_provider(None) == []


@pytest.mark.parametrize(
    ("path", "error_id"),
    [
        ("", "orders.E001"),
        ("no.such.Provider", "orders.E002"),
        ("demo.sandbox.No", "orders.E002"),
    ],
)
def test_a_missing_provider_is_an_error_that_says_what_to_type(
    path: str, error_id: str, settings: Settings
) -> None:
    settings.PAYMENT_PROVIDER = path

    [error] = check_payment_provider(None)

    assert error.id == error_id
    assert error.hint is not None
    assert "Set PAYMENT_PROVIDER to the dotted path" in error.hint
    with pytest.raises(ImproperlyConfigured, match="Set it to the dotted path"):
        payment_provider()


def test_a_module_is_no_provider(settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = "orders.http_provider"

    [error] = check_payment_provider(None)

    assert (error.id, error.msg) == (
        "orders.E002",
        "PAYMENT_PROVIDER is 'orders.http_provider': no class.",
    )


@pytest.mark.parametrize("address", ["", "payments.example.com", "http://"])
def test_a_provider_over_http_has_an_address(address: str, settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = "orders.http_provider.HttpProvider"
    settings.PAYMENT_URL = address

    [error] = check_payment_provider(None)

    assert error.id == "orders.E003"
    assert error.hint == "Write, say, PAYMENT_URL=https://payments.example.com"
