"""The shop: who charges the cards."""

from config.settings.base import DEMO
from config.settings.env import env

# The dotted path of a class that follows `orders.payments.PaymentProvider`; the demo's
# sandbox when the demo is on.
PAYMENT_PROVIDER = env.text("PAYMENT_PROVIDER", default="demo.sandbox.Sandbox" if DEMO else "")
