from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import codes
        from accounts.models import OneTimeCode
        from cleanup.cleaners import Cleaner, register
        from emails import secrets

        secrets.register("password-reset", codes.reset_link)
        register(Cleaner(name="one-time codes", rows=OneTimeCode.objects.all, age="expires_at"))
