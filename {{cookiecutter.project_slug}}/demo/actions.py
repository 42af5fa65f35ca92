"""What the buttons of the page do: the same calls that the shop's own pages make."""

import random
import uuid
from dataclasses import dataclass

from accounts.models import User
from accounts.services import register
from demo import sandbox
from orders.checkout import Placed, place_order
from orders.models import Product

FIRST_NAMES = (
    "Amara",
    "Bence",
    "Clara",
    "Davide",
    "Eilidh",
    "Frida",
    "Goran",
    "Ines",
    "Jonas",
    "Kaja",
)
LAST_NAMES = ("abbott", "berg", "costa", "dvorak", "egger", "fontaine", "grimaldi", "holm", "ivers")


class NothingToSell(Exception):
    """No product has a piece on the shelf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What one request orders. Sent again, it is the same order."""

    user: User
    quantities: dict[int, int]
    key: str

    def order(self) -> Placed:
        """Place the order, as the shop's checkout does."""
        return place_order(
            user=self.user,
            quantities=self.quantities,
            payment_token=sandbox.OK,
            key=self.key,
        )


def register_somebody() -> User:
    """Register a customer with an invented name. Nobody can log in as them."""
    name = f"{random.choice(FIRST_NAMES)}.{random.choice(LAST_NAMES)}".lower()
    return register(email=f"{name}.{uuid.uuid4().hex[:4]}@example.com", password=None)


def fill_basket() -> Basket:
    """One or two products that are in stock, for a customer chosen at random.

    Raises `NothingToSell` when the shelves are empty.
    """
    products = list(Product.objects.filter(stock__gt=0).order_by("?")[: random.choice((1, 1, 2))])
    if not products:
        raise NothingToSell
    return Basket(
        user=User.objects.filter(is_staff=False).order_by("?").first() or register_somebody(),
        quantities={product.pk: 1 for product in products},
        key=str(uuid.uuid4()),
    )
