from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    """The task system."""

    name = "tasks"
    verbose_name = _("Tasks")

    def ready(self) -> None:
        """Import every app's `tasks` module: what it declares is what may run."""
        autodiscover_modules("tasks")
