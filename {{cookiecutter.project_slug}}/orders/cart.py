"""The visitor's cart, kept in the session until it becomes an order."""

from collections import defaultdict
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase

from orders.models import Product
from orders.money import Money

SESSION_KEY = "cart"
MAX_QUANTITY = 99


@dataclass(frozen=True, kw_only=True)
class CartLine:
    """So many pieces of a product, at today's price."""

    product: Product
    quantity: int

    @property
    def name(self) -> str:
        """What the line is for."""
        return self.product.name

    @property
    def money(self) -> Money:
        """What the line costs."""
        return Money(amount=self.product.price * self.quantity, currency=self.product.currency)


class Cart:
    """How many pieces of which product the visitor wants."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session

    @property
    def quantities(self) -> dict[int, int]:
        """Pieces by product id. The session keeps JSON, whose keys are strings."""
        kept = self._session.get(SESSION_KEY, {})
        return {int(product_id): quantity for product_id, quantity in kept.items()}

    def add(self, product: Product, quantity: int) -> None:
        """Put more pieces into the cart, up to `MAX_QUANTITY`."""
        self.set(product, self.quantities.get(product.pk, 0) + quantity)

    def set(self, product: Product, quantity: int) -> None:
        """Have so many pieces of a product; none takes it out."""
        quantities = self.quantities
        quantities[product.pk] = min(quantity, MAX_QUANTITY)
        self._session[SESSION_KEY] = {str(pk): many for pk, many in quantities.items() if many > 0}

    def clear(self) -> None:
        """Take everything out."""
        self._session.pop(SESSION_KEY, None)

    def lines(self) -> list[CartLine]:
        """Return what is in the cart and still in the catalogue, by product id."""
        quantities = self.quantities
        products = Product.objects.filter(pk__in=quantities).order_by("pk")
        return [CartLine(product=each, quantity=quantities[each.pk]) for each in products]


def totals(lines: list[CartLine]) -> list[Money]:
    """Return what the lines cost together: one sum for each currency."""
    sums: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.product.currency] += line.money.amount
    return [Money(amount=amount, currency=currency) for currency, amount in sorted(sums.items())]
