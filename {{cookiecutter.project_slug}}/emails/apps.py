from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class EmailsConfig(AppConfig):
    name = "emails"
    verbose_name = _("E-mails")

    def ready(self) -> None:
        from cleanup.cleaners import Cleaner, register
        from emails.checks import check_policy, check_retention
        from emails.models import Email

        checks.register(check_policy)
        checks.register(check_retention)
        register(
            Cleaner(
                name="sent mail",
                rows=Email.objects.ended,
                age="created_at",
                setting="SENT_MAIL_DAYS",
            )
        )
