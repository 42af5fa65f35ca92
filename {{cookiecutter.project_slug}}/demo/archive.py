"""Much that is old, for the tasks that take a while: orders to export, sessions to clean up."""

import secrets
import uuid
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from orders.models import Order, OrderLine, Product
from orders.states import OrderState

ARCHIVIST = "archive@example.com"
ORDERS = 3_000
SESSIONS = 8_000
BATCH = 1_000


def archivist() -> User:
    """Somebody who has come too late for thousands of things: there is a lot to export."""
    with transaction.atomic():
        user, is_new = User.objects.get_or_create(email=ARCHIVIST)
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
            _order_in_vain(user)
    return user


def leave_sessions() -> int:
    """Leave sessions behind that have expired; return how many."""
    long_ago = timezone.now() - timedelta(days=30)
    Session.objects.bulk_create(
        (
            Session(session_key=secrets.token_hex(16), session_data="", expire_date=long_ago)
            for _ in range(SESSIONS)
        ),
        batch_size=BATCH,
    )
    return SESSIONS


def _order_in_vain(user: User) -> None:
    product = Product.objects.order_by("pk").first()
    if product is None:
        return
    now = timezone.now()
    orders = Order.objects.bulk_create(
        (
            Order(
                user=user,
                # In the end nothing was sold: neither the stock nor the bank knows of them.
                state=OrderState.SOLD_OUT,
                total=product.price * (1 + number % 3),
                currency=product.currency,
                payment_token="none",  # noqa: S106 (it is no card's)
                idempotency_key=str(uuid.uuid4()),
                request_digest="none",
                created_at=now - timedelta(hours=ORDERS - number),
            )
            for number in range(ORDERS)
        ),
        batch_size=BATCH,
    )
    OrderLine.objects.bulk_create(
        (
            OrderLine(
                order=order,
                product=product,
                name=product.name,
                quantity=1 + number % 3,
                price=product.price,
            )
            for number, order in enumerate(orders)
        ),
        batch_size=BATCH,
    )
