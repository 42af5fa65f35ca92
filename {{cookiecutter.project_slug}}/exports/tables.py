"""What can be exported: tables, read page by page in the order of their keys.

A page begins after the last key of the one before it and ends at a key that was fixed when the
export began. So it costs the same wherever it is (an OFFSET reads all that it skips), rows that
are added meanwhile shift nothing, and an attempt that follows a crash goes on at the key that the
last one stored.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet

from accounts.models import User
from exports.cells import Column, Kind, Row
from orders.models import Order, OrderLine, Payment, Refund
from orders.money import DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose rows are meant."""

    user_id: int
    everyones: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Where a table ends for one export."""

    last_key: int
    count: int
    """Rows up to there, at the time of the look."""


class Table(ABC):
    """Rows of one model, as an export writes them."""

    name: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    fields: ClassVar[tuple[str, ...]]
    """What is read for a row, the key first."""

    @abstractmethod
    def within(self, scope: Scope) -> QuerySet[Any]:
        """Return the rows that belong to the scope."""

    @abstractmethod
    def rows(self, read: list[tuple[Any, ...]]) -> Iterable[Row]:
        """Return the cells of rows whose `fields` were read."""

    def bound(self, scope: Scope) -> Bound:
        """Return where the table ends now."""
        rows = self.within(scope)
        last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
        return Bound(last_key=last, count=rows.filter(pk__lte=last).count())

    def page(self, scope: Scope, *, after: int, last_key: int, most: int) -> tuple[list[Row], int]:
        """Return the next rows and the key of the last of them; none and `after` at the end."""
        here = self.within(scope).filter(pk__gt=after, pk__lte=last_key).order_by("pk")
        read = list(here.values_list(*self.fields)[:most])
        return list(self.rows(read)), (read[-1][0] if read else after)


class Orders(Table):
    """An order a row."""

    name = "orders"
    columns = (
        Column("order"),
        Column("customer"),
        Column("state"),
        Column("total", Kind.AMOUNT),
        Column("currency"),
        Column("items"),
        Column("placed_at", Kind.MOMENT),
        Column("updated_at", Kind.MOMENT),
    )
    fields = (
        "pk",
        "public_id",
        "user__email",
        "state",
        "total",
        "currency",
        "created_at",
        "updated_at",
    )

    def within(self, scope: Scope) -> QuerySet[Order]:
        orders = Order.objects.all()
        return orders if scope.everyones else orders.filter(user_id=scope.user_id)

    def rows(self, read: list[tuple[Any, ...]]) -> Iterable[Row]:
        items = _items([order[0] for order in read])
        for pk, number, customer, state, total, currency, placed, updated in read:
            amount = _amount(total, currency)
            yield [
                str(number),
                customer,
                state,
                amount,
                currency,
                "; ".join(items[pk]),
                placed,
                updated,
            ]


class Lines(Table):
    """A line of an order a row."""

    name = "order_lines"
    columns = (
        Column("order"),
        Column("product"),
        Column("quantity", Kind.NUMBER),
        Column("price", Kind.AMOUNT),
        Column("currency"),
    )
    fields = ("pk", "order__public_id", "name", "quantity", "price", "order__currency")

    def within(self, scope: Scope) -> QuerySet[OrderLine]:
        return OrderLine.objects.filter(order__user_id=scope.user_id)

    def rows(self, read: list[tuple[Any, ...]]) -> Iterable[Row]:
        for _pk, number, product, quantity, price, currency in read:
            yield [str(number), product, quantity, _amount(price, currency), currency]


class MoneyMoves(Table):
    """Money that went one way or the other, a row each."""

    columns = (
        Column("order"),
        Column("state"),
        Column("amount", Kind.AMOUNT),
        Column("currency"),
        Column("reason"),
        Column("created_at", Kind.MOMENT),
    )

    def rows(self, read: list[tuple[Any, ...]]) -> Iterable[Row]:
        for _pk, number, state, amount, currency, reason, created_at in read:
            yield [str(number), state, _amount(amount, currency), currency, reason, created_at]


class Payments(MoneyMoves):
    """A charge a row."""

    name = "payments"
    fields = ("pk", "order__public_id", "state", "amount", "currency", "reason", "created_at")

    def within(self, scope: Scope) -> QuerySet[Payment]:
        return Payment.objects.filter(order__user_id=scope.user_id)


class Refunds(MoneyMoves):
    """Money that went back, a row each."""

    name = "refunds"
    fields = (
        "pk",
        "payment__order__public_id",
        "state",
        "amount",
        "currency",
        "reason",
        "created_at",
    )

    def within(self, scope: Scope) -> QuerySet[Refund]:
        return Refund.objects.filter(payment__order__user_id=scope.user_id)


class Account(Table):
    """The account itself: one row."""

    name = "account"
    columns = (
        Column("email"),
        Column("joined_at", Kind.MOMENT),
        Column("last_login", Kind.MOMENT),
        Column("language"),
        Column("wants_newsletter"),
    )
    fields = ("pk", "email", "joined_at", "last_login", "language", "wants_newsletter")

    def within(self, scope: Scope) -> QuerySet[User]:
        return User.objects.filter(pk=scope.user_id)

    def rows(self, read: list[tuple[Any, ...]]) -> Iterable[Row]:
        for _pk, *cells, wants_newsletter in read:
            yield [*cells, "yes" if wants_newsletter else "no"]


def _items(order_ids: list[int]) -> dict[int, list[str]]:
    """Return what each order is of, in one query."""
    lines = OrderLine.objects.filter(order_id__in=order_ids).order_by("order_id", "product_id")
    items = defaultdict(list)
    for order_id, quantity, name in lines.values_list("order_id", "quantity", "name"):
        items[order_id].append(f"{quantity} x {name}")
    return items


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-DIGITS.get(currency, 2))
