"""The project itself, as an app, so that its settings are checked when it starts."""

from django.apps import AppConfig
from django.contrib import admin


class ProjectConfig(AppConfig):
    """Registers the checks of `config.checks` and the receiver of `config.connections`."""

    name = "config"
    verbose_name = "Project"

    def ready(self) -> None:
        """Importing the modules registers their checks and what new connections are told."""
        from config import checks, connections, telemetry  # noqa: F401
        from tasks.admin.words import NOTHING

        # Django's own is another dash than that of the pages about tasks.
        admin.site.empty_value_display = NOTHING
        telemetry.start()
