"""What only the demo needs."""

from config.settings.base import DEMO

if DEMO:
    # In place of Django's own, not beside it: with two, every `login()` would have to name one.
    AUTHENTICATION_BACKENDS = ["demo.backends.DemoBackend"]
