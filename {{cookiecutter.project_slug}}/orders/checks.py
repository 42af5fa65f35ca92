"""What is checked about the shop when the site starts."""

import re
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from orders.http_provider import HttpProvider

HINT = (
    "Set PAYMENT_PROVIDER to the dotted path of a class that follows "
    "orders.payments.PaymentProvider, or DEMO=true to try the shop with the sandbox."
)

ADDRESS = re.compile(r"https?://\w")


def check_payment_provider(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Orders are charged by a provider that can be imported."""
    path = settings.PAYMENT_PROVIDER
    if not path:
        return [
            checks.Error(
                "No payment provider is set: orders cannot be charged.", hint=HINT, id="orders.E001"
            )
        ]
    try:
        provider = import_string(path)
    except ImportError as error:
        return [
            checks.Error(f"PAYMENT_PROVIDER is {path!r}: {error}.", hint=HINT, id="orders.E002")
        ]
    if not isinstance(provider, type):
        return [
            checks.Error(f"PAYMENT_PROVIDER is {path!r}: no class.", hint=HINT, id="orders.E002")
        ]
    if issubclass(provider, HttpProvider) and not ADDRESS.match(settings.PAYMENT_URL):
        what = repr(settings.PAYMENT_URL) if settings.PAYMENT_URL else "not set"
        return [
            checks.Error(
                f"The provider {path} is spoken to over HTTP, and PAYMENT_URL is {what}.",
                hint="Write, say, PAYMENT_URL=https://payments.example.com",
                id="orders.E003",
            )
        ]
    return []
