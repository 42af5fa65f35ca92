"""What the buttons of the page do: the same calls that the shop's own pages make."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import register
from cleanup.tasks import clean
from demo import archive, mail, sandbox
from demo.killing import CannotKill, kill_the_worker_of
from exports.asking import ask
from exports.kinds import ExportKind
from exports.models import Export
from orders.checkout import Placed, place_order
from orders.models import Order, Product
from orders.states import OrderState
from tasks.models import LIVE, TaskRun

FIRST_NAMES = ("amara", "bence", "clara", "davide", "eilidh", "frida", "goran", "ines", "jonas")
LAST_NAMES = ("abbott", "berg", "costa", "dvorak", "egger", "fontaine", "grimaldi", "holm", "ivers")

MAIL_STOPS_FOR = 10
"""Seconds."""


class Refused(Exception):
    """A button did not do what it says; the message tells why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What one request orders. Sent again, it is the same order."""

    user: User
    quantities: dict[int, int]
    key: str
    card: str = sandbox.OK

    def order(self) -> Placed:
        """Place the order, as the shop's checkout does."""
        return place_order(
            user=self.user,
            quantities=self.quantities,
            payment_token=self.card,
            key=self.key,
        )


def welcome() -> str:
    """Register somebody."""
    told = _("%(customer)s is registered; the welcome mail is on its way.")
    return told % {"customer": register_somebody()}


def welcome_without_mail() -> str:
    """Register somebody while the mail server is down."""
    mail.stop(MAIL_STOPS_FOR)
    told = _(
        "The mail server is down for %(seconds)d seconds, and %(customer)s is registered all the "
        "same. Sending fails, is tried again, and the mail goes out once."
    )
    return told % {"customer": register_somebody(), "seconds": MAIL_STOPS_FOR}


def order() -> str:
    """Place an order for somebody."""
    return _order(sandbox.OK, _("%(customer)s has ordered for %(total)s; a worker is on it."))


def order_declined() -> str:
    """Place an order with a card that the bank refuses."""
    told = _(
        "%(customer)s has ordered for %(total)s with a card that will be declined: the goods go "
        "back onto the shelf, and nobody tries the card again."
    )
    return _order(sandbox.DECLINED, told)


def order_unanswered() -> str:
    """Place an order whose charge is made and never answered."""
    told = _(
        "%(customer)s has ordered for %(total)s. The bank takes the money and never answers: the "
        "worker asks what became of its key, and does not charge again."
    )
    return _order(sandbox.TIMEOUT_AFTER, told)


def order_twice() -> str:
    """Place one order two times under one key."""
    basket = fill_basket()
    first, second = basket.order(), basket.order()
    told = _(
        "%(customer)s sent one order for %(total)s twice, with the key %(key)s… both times; "
        "the answers name %(number)s order."
    )
    return told % {
        "customer": basket.user,
        "total": first.order.money,
        "key": basket.key[:8],
        "number": len({first.order, second.order}),
    }


def order_and_kill() -> str:
    """Place an order, and kill the worker while the bank is being asked."""
    placed = fill_basket(card=sandbox.SLOW).order().order
    charging = Order.objects.filter(pk=placed.pk, state=OrderState.CHARGING)
    run = TaskRun.objects.filter(name="orders.tasks.process_order", status__in=LIVE)
    pid = _kill(str(run.latest("id").pk), once=charging.exists)
    told = _(
        "Worker %(pid)d was killed while it charged %(total)s. The order goes on where it stood, "
        "and the card is charged once."
    )
    return told % {"pid": pid, "total": placed.money}


def export() -> str:
    """Export thousands of orders."""
    asked = ask(user=archive.archivist(), kind=ExportKind.ORDERS_CSV)
    if not asked.is_new:
        return _("This export is on its way already: there is no second one.")
    return _("Thousands of orders are being written into a file.")


def export_and_kill() -> str:
    """Export thousands of orders, and kill the worker while it writes."""
    asked = ask(user=archive.archivist(), kind=ExportKind.ORDERS_XLSX)
    begun = Export.objects.filter(pk=asked.export.pk, rows__gt=0)
    pid = _kill(str(asked.export.run_id), once=begun.exists)
    told = _(
        "Worker %(pid)d was killed after %(rows)d rows. Another goes on from there: at most one "
        "chunk is written again, and the bar does not go back."
    )
    asked.export.refresh_from_db()
    return told % {"pid": pid, "rows": asked.export.rows}


def clean_up() -> str:
    """Leave expired sessions behind, and have them deleted."""
    many = archive.leave_sessions()
    clean.enqueue("sessions")
    return _("%(many)d expired sessions are being deleted in batches.") % {"many": many}


def clean_up_twice() -> str:
    """Have two workers delete the same rows at once."""
    many = archive.leave_sessions()
    for number in (1, 2):
        # The task allows one run at a time for its rows; that is what is broken here.
        clean.using(unique_key=f"cleaner {number} {uuid.uuid4()}").enqueue("sessions")
    told = _(
        "Two runs delete the same %(many)d sessions: each passes by what the other holds. Together "
        "they return %(many)d."
    )
    return told % {"many": many}


def clean_up_and_kill() -> str:
    """Have expired sessions deleted, and kill the worker at it."""
    many = archive.leave_sessions()
    before = Session.objects.count()
    result = clean.enqueue("sessions")
    pid = _kill(str(result.id), once=lambda: Session.objects.count() < before)
    told = _(
        "Worker %(pid)d was killed among %(many)d sessions. What it had deleted stays deleted, and "
        "another goes on."
    )
    return told % {"pid": pid, "many": many}


def register_somebody() -> User:
    """Register a customer with an invented name. Nobody can log in as them."""
    name = f"{secrets.choice(FIRST_NAMES)}.{secrets.choice(LAST_NAMES)}"
    return register(email=f"{name}.{uuid.uuid4().hex[:4]}@example.com", password=None)


def fill_basket(*, card: str = sandbox.OK) -> Basket:
    """One or two products for a customer, all chosen at random.

    Raises `Refused` when nothing is in stock.
    """
    products = Product.objects.filter(stock__gt=0).order_by("?")[: secrets.choice((1, 1, 2))]
    if not products:
        raise Refused(_("Everything is sold out: put something on the shelf in the admin."))
    customers = User.objects.filter(is_staff=False).exclude(email=archive.ARCHIVIST)
    return Basket(
        user=customers.order_by("?").first() or register_somebody(),
        quantities={product.pk: 1 for product in products},
        key=str(uuid.uuid4()),
        card=card,
    )


def _order(card: str, told: str) -> str:
    basket = fill_basket(card=card)
    return told % {"customer": basket.user, "total": basket.order().order.money}


def _kill(run_id: str, *, once: Callable[[], object]) -> int:
    try:
        return kill_the_worker_of(run_id, once=once)
    except CannotKill as error:
        raise Refused(str(error)) from error
