"""Fills an empty database with a small shop. Planting twice is planting once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from accounts.models import User
from accounts.services import register
from demo import sandbox
from orders import stock
from orders.checkout import place_order
from orders.models import Order, Product
from orders.states import OrderState

ADMIN_EMAIL = "admin@example.com"
ADMIN_LOGIN = "admin"
ADMIN_PASSWORD = "admin"  # noqa: S105 (everybody knows it: see demo.guard)

KEY_PREFIX = "seed-"
"""What the idempotency keys of the seeded orders begin with: a second planting finds them by it."""


@dataclass(frozen=True, slots=True)
class Goods:
    """A product, its price in cents and the pieces on the shelf."""

    name: str
    price: int
    stock: int
    description: str


GOODS = (
    Goods("Beeswax candle", 1450, 80, "Burns for forty hours and smells of honey, faintly."),
    Goods("Brass ruler", 1900, 60, "Fifteen centimetres that grow darker with the years."),
    Goods("Cork coasters", 1200, 90, "Six of them, from one tree in Alentejo."),
    Goods("Enamel kettle", 5400, 40, "A litre and a half. Whistles in B flat."),
    Goods("Field lamp", 8900, 30, "A warm light for tents, power cuts and late chapters."),
    Goods("Linen notebook", 1600, 120, "Two hundred dotted pages that lie flat."),
    Goods("Stoneware mug", 2200, 100, "Thrown by hand, so no two are quite alike."),
    Goods("Walnut pen tray", 3400, 50, "Oiled, and a little heavier than it looks."),
    Goods("Wool throw", 11900, 25, "Spun and woven in one valley."),
)
SCARCE = Goods("Harbour print", 7500, 3, "The last three of a numbered edition.")

CUSTOMERS = ("ada", "bruno", "chiara", "dimitri", "elif", "farid", "greta", "hana")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody orders: pieces of products by name, paid with a card of the sandbox."""

    pieces: dict[str, int]
    token: str = sandbox.OK


def wishes() -> Iterator[Wish]:
    """The orders of the demo: most go well, some cards are declined, some buyers are too late."""
    names = [goods.name for goods in GOODS]
    for number, name in enumerate([*names, *names]):
        yield Wish({name: 1 + number % 2, names[(number + 4) % len(names)]: 1})
    for name in names[:4]:
        yield Wish({name: 1}, sandbox.DECLINED)
    # Three prints, five buyers: whoever comes first is not decided here.
    for _ in range(5):
        yield Wish({SCARCE.name: 1})
    # The provider turns the first call away, or takes the money and then says nothing.
    yield Wish({"Field lamp": 1}, sandbox.BUSY)
    yield Wish({"Wool throw": 1}, sandbox.RESET_AFTER)


EXPECTED = Counter({OrderState.CONFIRMED: 23, OrderState.DECLINED: 4, OrderState.SOLD_OUT: 2})
"""How the seeded orders end."""


def plant() -> str:
    """Stock the shop and let its customers register and order; say what was done.

    All of it is one transaction: the workers see the shop at once, and an interrupted planting
    begins anew.
    """
    with transaction.atomic():
        if seeded_orders().exists():
            return "The shop was stocked before."
        products = _stock()
        customers = [register(email=f"{name}@example.com", password=None) for name in CUSTOMERS]
        for number, (wish, customer) in enumerate(zip(wishes(), cycle(customers)), 1):
            place_order(
                user=customer,
                quantities={products[name]: pieces for name, pieces in wish.pieces.items()},
                payment_token=wish.token,
                key=f"{KEY_PREFIX}{number}",
            )
    return (
        f"Stocked {len(products)} products; {len(customers)} customers have registered and placed "
        f"{number} orders."
    )


def plant_admin() -> bool:
    """Create the administrator unless there is one; say whether it was."""
    if User.objects.filter(email=ADMIN_EMAIL).exists():
        return False
    User.objects.create_superuser(ADMIN_EMAIL, ADMIN_PASSWORD)
    return True


def seeded_orders() -> QuerySet[Order]:
    """The orders that were planted."""
    return Order.objects.filter(idempotency_key__startswith=KEY_PREFIX)


def _stock() -> dict[str, int]:
    ids = {}
    for goods in (*GOODS, SCARCE):
        product, is_new = Product.objects.get_or_create(
            slug=slugify(goods.name),
            defaults={
                "name": goods.name,
                "price": goods.price,
                "description": goods.description,
            },
        )
        if is_new:
            stock.receive(product, goods.stock)
        ids[goods.name] = product.pk
    return ids
