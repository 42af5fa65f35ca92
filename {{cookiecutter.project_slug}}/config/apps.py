"""The project itself, as an app, so that its settings are checked when it starts."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Registers the checks of `config.checks`."""

    name = "config"
    verbose_name = "Project"

    def ready(self) -> None:
        """Importing the module registers its checks."""
        from config import checks, telemetry  # noqa: F401

        telemetry.start()
