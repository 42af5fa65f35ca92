"""Makes orders of a certain time for tests."""

from datetime import datetime

from accounts.models import User
from orders.models import Order
from orders.states import OrderState
from orders.tests.factories import make_order
from tasks.models import RunStatus, TaskRun
from tasks.tests.factories import make_run


def make_order_at(
    at: datetime,
    *,
    state: OrderState = OrderState.CONFIRMED,
    total: int = 1250,
    currency: str = "EUR",
    user: User | None = None,
) -> Order:
    """Make an order that was placed at a time and has come so far."""
    order = make_order(user=user)
    Order.objects.filter(pk=order.pk).update(
        created_at=at, state=state, total=total, currency=currency
    )
    order.refresh_from_db()
    return order


def make_failure_at(at: datetime, *, name: str = "shop.tasks.send") -> TaskRun:
    """Make a run that failed for good at a time."""
    return make_run(status=RunStatus.FAILED, name=name, finished_at=at)
