"""What the buttons of the page do: the same calls that the shop's own pages make."""

import secrets
import uuid
from dataclasses import dataclass

from accounts.models import User
from accounts.services import register
from demo import sandbox
from orders.checkout import Placed, place_order
from orders.models import Product

FIRST_NAMES = ("amara", "bence", "clara", "davide", "eilidh", "frida", "goran", "ines", "jonas")
LAST_NAMES = ("abbott", "berg", "costa", "dvorak", "egger", "fontaine", "grimaldi", "holm", "ivers")


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
    name = f"{secrets.choice(FIRST_NAMES)}.{secrets.choice(LAST_NAMES)}"
    return register(email=f"{name}.{uuid.uuid4().hex[:4]}@example.com", password=None)


def fill_basket() -> Basket | None:
    """One or two products for a customer, all chosen at random; `None` when nothing is in stock."""
    products = Product.objects.filter(stock__gt=0).order_by("?")[: secrets.choice((1, 1, 2))]
    if not products:
        return None
    return Basket(
        user=User.objects.filter(is_staff=False).order_by("?").first() or register_somebody(),
        quantities={product.pk: 1 for product in products},
        key=str(uuid.uuid4()),
    )
