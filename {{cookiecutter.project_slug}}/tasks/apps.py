"""The task system as an app."""

from django.apps import AppConfig, apps
from django.apps.registry import Apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate
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
        post_migrate.connect(_store_schedules, sender=self)


def _store_schedules(*, using: str, apps: Apps = apps, **_kwargs: object) -> None:
    """Bring the schedules that the code declares into the table, once there is one."""
    from tasks import schedules

    if using != DEFAULT_DB_ALIAS or "schedule" not in apps.all_models["tasks"]:
        return
    schedules.sync(retire=True)
