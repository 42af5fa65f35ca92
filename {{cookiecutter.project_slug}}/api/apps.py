"""What the parts of the REST API share."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = "API"

    def ready(self) -> None:
        # Found by the schema's generator only when it is imported.
        from api import schema  # noqa: F401
