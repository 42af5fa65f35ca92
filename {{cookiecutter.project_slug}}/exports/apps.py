from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    name = "exports"
    verbose_name = _("Exports")

    def ready(self) -> None:
        from cleanup.cleaners import Cleaner, register
        from exports import expiry
        from exports.checks import check_storage

        checks.register(check_storage)
        register(Cleaner(name="exports", rows=expiry.ready, age="expires_at", remove=expiry.expire))
        register(
            Cleaner(
                name="ended exports",
                rows=expiry.ended,
                age="updated_at",
                setting="EXPORT_HISTORY_DAYS",
            )
        )
