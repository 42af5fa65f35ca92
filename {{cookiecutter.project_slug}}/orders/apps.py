from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from cleanup.cleaners import Cleaner, register
        from orders.checks import check_payment_provider
        from orders.models import StoredAnswer

        checks.register(check_payment_provider)
        register(
            Cleaner(
                name="stored answers",
                rows=StoredAnswer.objects.all,
                age="created_at",
                setting="STORED_ANSWER_DAYS",
            )
        )
