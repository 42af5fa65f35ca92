from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class CleanupConfig(AppConfig):
    name = "cleanup"
    verbose_name = _("Cleanup")

    def ready(self) -> None:
        from django.contrib.sessions.models import Session

        from cleanup.checks import check_cleaners
        from cleanup.cleaners import Cleaner, register

        checks.register(check_cleaners)
        register(Cleaner(name="sessions", rows=Session.objects.all, age="expire_date"))
