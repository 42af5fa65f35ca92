from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    """The task system."""

    name = "tasks"
    verbose_name = _("Tasks")

    def ready(self) -> None:
        """Import every app's `tasks` module: what it declares is what may run."""
        from tasks import ledger
        from tasks.alerts.checks import check_percent, check_urls
        from tasks.engine import engine

        autodiscover_modules("tasks")
        checks.register(check_urls)
        checks.register(check_percent)
        ledger.call_on_ready(engine.ring)
