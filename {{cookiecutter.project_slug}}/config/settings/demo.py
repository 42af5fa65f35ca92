"""What only the demo needs."""

from config.settings.base import DEMO
from config.settings.email import MAILERS
from config.settings.env import BASE_DIR

# Where the demo keeps what the site and the workers must both see.
DEMO_FOLDER = BASE_DIR / "var" / "demo"

if DEMO:
    # In place of Django's own, not beside it: with two, every `login()` would have to name one.
    AUTHENTICATION_BACKENDS = ["demo.backends.DemoBackend"]

    # The same mail server, which the try-it page can stop for a while.
    MAILERS["default"] = {"BACKEND": "demo.mail.StoppableBackend", "OPTIONS": MAILERS["default"]}
