"""The shop: who charges the cards."""

from config.settings.base import DEMO
from config.settings.env import env

# The dotted path of a class that follows `orders.payments.PaymentProvider`; the demo's
# sandbox when the demo is on.
PAYMENT_PROVIDER = env.text("PAYMENT_PROVIDER", default="demo.sandbox.Sandbox" if DEMO else "")

# Where a provider that is spoken to over HTTP answers, and what it knows us by.
PAYMENT_URL = env.text("PAYMENT_URL", default="http://127.0.0.1:8765" if DEMO else "").rstrip("/")
PAYMENT_API_KEY = env.text("PAYMENT_API_KEY")

# Seconds until a call that is not answered has an outcome that nobody knows.
PAYMENT_TIMEOUT_SECONDS = env.number("PAYMENT_TIMEOUT_SECONDS", default=10, at_least=1)
