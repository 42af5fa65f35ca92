"""Makes exports, and orders by the thousand, for tests."""

import uuid
from itertools import count

from django.db.models import QuerySet

from accounts.models import User
from accounts.tests.factories import make_user
from exports.asking import ask
from exports.kinds import ExportKind
from exports.models import Export
from orders.models import Order, OrderLine
from orders.states import OrderState
from orders.tests.factories import make_product
from tasks.models import TaskRun

_numbers = count(1)


def make_orders(many: int, *, user: User | None = None, name: str = "Mug") -> list[Order]:
    """Make orders that have ended, of one piece each, without what happened on the way."""
    user = user or make_user()
    product = make_product(name=name, stock_=0)
    orders = Order.objects.bulk_create(
        (
            Order(
                user=user,
                state=OrderState.SOLD_OUT,
                total=1250 + number,
                currency="EUR",
                payment_token="none",
                idempotency_key=str(uuid.uuid4()),
                request_digest="none",
            )
            for number in range(many)
        ),
        batch_size=1000,
    )
    OrderLine.objects.bulk_create(
        (
            OrderLine(order=order, product=product, name=name, quantity=1, price=order.total)
            for order in orders
        ),
        batch_size=1000,
    )
    return orders


def make_staff() -> User:
    """Make somebody who may see all orders."""
    return make_user(f"staff{next(_numbers)}@example.com", is_superuser=True)


def make_export(
    kind: ExportKind = ExportKind.ORDERS_CSV, *, user: User | None = None, everyones: bool = False
) -> Export:
    """Ask for an export, as a user of its own unless one is given."""
    return ask(user=user or make_user(), kind=kind, everyones=everyones).export


def run_of(export: Export) -> QuerySet[TaskRun]:
    """Return the run that makes the export, to look at or to change."""
    return TaskRun.objects.filter(pk=str(export.run_id))
