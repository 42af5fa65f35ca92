"""The way to place an order: its rows and the task that carries it on are one transaction."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from orders.models import Order, OrderLine, Product
from orders.money import Money
from orders.tasks import process_order
from tasks.failpoints import failpoint


class CannotOrder(ValueError):
    """What was asked for is no order; the message tells the customer why."""


class TotalChanged(CannotOrder):
    """The order costs something else than its customer was shown."""


class KeyReused(CannotOrder):
    """The idempotency key stands for another order of the same customer."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An order, and whether this call placed it or an earlier one under the same key."""

    order: Order
    is_new: bool


def place_order(
    *,
    user: User,
    quantities: Mapping[int, int],
    payment_token: str,
    key: str,
    shown: Money | None = None,
) -> Placed:
    """Place an order for so many pieces of each product id. The same `key` is the same order.

    `shown`: what the customer was told that it costs. Raises `TotalChanged` when a new order costs
    something else, `KeyReused` when the key was used for something else, and `CannotOrder` for an
    order of nothing, of an unknown product, or in two currencies.
    """
    digest = _digest(quantities, payment_token)
    placed = _placed_before(user, key, digest)
    if placed is not None:
        return placed
    try:
        with transaction.atomic():
            order = _create(user, quantities, payment_token, key, digest)
            _check_total(order, shown)
            process_order.enqueue(order.pk)
            failpoint("checkout: placed, not committed")
        failpoint("checkout: placed")
    except IntegrityError:
        # Lost the race against the same key: the unique constraint let one of the two in.
        placed = _placed_before(user, key, digest)
        if placed is None:
            raise
        return placed
    return Placed(order=order, is_new=True)


def _placed_before(user: User, key: str, digest: str) -> Placed | None:
    order = Order.objects.filter(user=user, idempotency_key=key).first()
    if order is None:
        return None
    if order.request_digest != digest:
        raise KeyReused(key_reused(key))
    return Placed(order=order, is_new=False)


def key_reused(key: str) -> str:
    """Say that the key stands for another order."""
    said = _("The idempotency key %(key)s was used for another order; choose a new one.")
    return said % {"key": key}


def _create(
    user: User, quantities: Mapping[int, int], payment_token: str, key: str, digest: str
) -> Order:
    products = _products(quantities)
    order = Order.objects.create(
        user=user,
        total=sum(product.price * quantities[product.pk] for product in products),
        currency=products[0].currency,
        payment_token=payment_token,
        idempotency_key=key,
        request_digest=digest,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            product=product,
            name=product.name,
            quantity=quantities[product.pk],
            price=product.price,
        )
        for product in products
    )
    return order


def _check_total(order: Order, shown: Money | None) -> None:
    # Of the rows that were written: a price may change until then.
    if shown is not None and shown != order.money:
        raise TotalChanged(
            _("The sum has changed to %(total)s. Place the order again if you agree.")
            % {"total": order.money}
        )


def _products(quantities: Mapping[int, int]) -> list[Product]:
    if not quantities or any(quantity < 1 for quantity in quantities.values()):
        raise CannotOrder(_("An order needs at least one piece of each of its products."))
    products = list(Product.objects.filter(pk__in=quantities).order_by("pk"))
    if len(products) < len(quantities):
        raise CannotOrder(_("A product of the order is not in the catalogue any more."))
    if len({product.currency for product in products}) > 1:
        raise CannotOrder(_("All products of an order must have their price in one currency."))
    return products


def _digest(quantities: Mapping[int, int], payment_token: str) -> str:
    asked = {"lines": sorted(quantities.items()), "payment_token": payment_token}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
