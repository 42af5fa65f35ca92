"""Moves goods onto the shelf and off it. Nothing else writes `Product.stock`.

Each movement is one conditional UPDATE and one row in the ledger, in one transaction, so that a
product's moves always add up to its stock. Products are taken in the order of their ids: two orders
for the same products wait for each other instead of deadlocking.
"""

from django.db import transaction
from django.db.models import F

from orders.models import Order, Product, StockMove
from orders.states import StockReason


class SoldOut(Exception):
    """There are fewer pieces on the shelf than an order asks for. The caller rolls back."""


def reserve(order: Order) -> None:
    """Take what the order asks for off the shelf: all of it, or `SoldOut` and a rollback."""
    with transaction.atomic():
        for line in order.lines.order_by("product_id"):
            enough = Product.objects.filter(pk=line.product_id, stock__gte=line.quantity)
            if not enough.update(stock=F("stock") - line.quantity):
                raise SoldOut(f"Order {order}: fewer than {line.quantity} of {line.name} are left.")
            _note(line.product_id, -line.quantity, StockReason.RESERVE, order)


def release(order: Order) -> None:
    """Put what the order had reserved back on the shelf."""
    with transaction.atomic():
        for move in order.moves.filter(reason=StockReason.RESERVE).order_by("product_id"):
            Product.objects.filter(pk=move.product_id).update(stock=F("stock") - move.quantity)
            _note(move.product_id, -move.quantity, StockReason.RELEASE, order)


def receive(product: Product, quantity: int) -> None:
    """Put pieces on the shelf, or take off what a count found missing (below zero).

    Raises `IntegrityError` when fewer than none would be left.
    """
    with transaction.atomic():
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + quantity)
        _note(product.pk, quantity, StockReason.RECEIVE)
    product.refresh_from_db(fields=["stock"])


def _note(product_id: int, quantity: int, reason: StockReason, order: Order | None = None) -> None:
    StockMove.objects.create(product_id=product_id, order=order, reason=reason, quantity=quantity)
