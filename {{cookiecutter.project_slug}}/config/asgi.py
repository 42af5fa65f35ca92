"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()

# Not before: it needs the settings, and the apps.
from tasks.engine import engine  # noqa: E402

engine.get_ready()
