"""One of each mail that the shop writes."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.models import User
from accounts.tests.factories import make_user
from emails import secrets
from emails.models import Email
from emails.outbox import queue_mail
from exports.tests.factories import make_export
from newsletters.letters import letters
from newsletters.tests.factories import make_newsletter
from orders import saga
from orders.models import Order
from orders.states import OrderState
from orders.tests.factories import make_order, make_product
from reports import daily
from reports.tests.factories import make_failure_at, make_order_at

DAY = timedelta(days=1)


def welcome(settings: Settings) -> None:
    services.register(email="ada.with.a.long.name@department.example.com", password=None)


def password_reset(settings: Settings) -> None:
    services.offer_reset(make_user())


def order_confirmation(settings: Settings) -> None:
    lamp = make_product(name="A reading lamp of brushed steel, with a switch in its cable")
    order = make_order({lamp: 3, make_product(): 1})
    Order.objects.filter(pk=order.pk).update(state=OrderState.PAID)
    order.refresh_from_db()
    saga.confirm(order)


def export_ready(settings: Settings) -> None:
    export = make_export()
    queue_mail(
        key=f"export-ready:{export.id}",
        template="export_ready",
        to=export.user.email,
        context={"export": export, "days": 7},
    )


def daily_report(settings: Settings) -> None:
    settings.REPORT_RECIPIENTS = ["ada@example.com"]
    now, user = timezone.now(), make_user()
    for day, orders in enumerate((3, 12, 7, 1, 0, 9, 5), start=1):
        for _ in range(orders):
            make_order_at(now - day * DAY, user=user)
    make_failure_at(now - DAY, name="exports.tasks.build_export")
    daily.send_report(now)


def newsletter(settings: Settings) -> None:
    make_user(wants_newsletter=True)
    body = "The days get longer, and so does the catalogue.\n\nSee you in the shop,\nthe shop"
    Email.objects.bulk_create(letters(make_newsletter(subject="Spring is here", body=body)))


MAILS: dict[str, Callable[[Settings], None]] = {
    make.__name__: make
    for make in (
        welcome,
        password_reset,
        order_confirmation,
        export_ready,
        daily_report,
        newsletter,
    )
}


def write(name: str, settings: Settings) -> tuple[Email, str]:
    """Return such a mail and its HTML, as its reader gets it."""
    MAILS[name](settings)
    email = Email.objects.exclude(html="").latest("pk")
    return email, secrets.reveal(email)[1]


def somebody_with_everything() -> User:
    """Make somebody who may see and do all in the admin."""
    return make_user(is_staff=True, is_superuser=True)
