"""How far an order has come, as steps to show: those behind it, the one it is at, those to come."""

from dataclasses import dataclass

from orders.models import Order
from orders.states import OrderState

USUAL = (
    OrderState.PENDING,
    OrderState.RESERVED,
    OrderState.CHARGING,
    OrderState.PAID,
    OrderState.CONFIRMED,
)
WAYS: dict[OrderState, tuple[OrderState, ...]] = {
    OrderState.SOLD_OUT: (OrderState.PENDING, OrderState.SOLD_OUT),
    OrderState.RELEASED: (OrderState.PENDING, OrderState.RELEASED),
    OrderState.DECLINED: (*USUAL[:3], OrderState.DECLINED),
    OrderState.REFUNDING: (*USUAL[:4], OrderState.REFUNDING, OrderState.REFUNDED),
    OrderState.REFUNDED: (*USUAL[:4], OrderState.REFUNDING, OrderState.REFUNDED),
}
"""The ways that lead elsewhere than to a confirmed order, by the states that are only on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One state on the order's way."""

    state: OrderState
    place: str
    """`done`, `now` or `next`; `end` where the order has come to its end."""


def steps(order: Order) -> list[Step]:
    """Return the way of an order, as far as it is known."""
    way = WAYS.get(order.status, USUAL)
    here = way.index(order.status)
    now = "end" if order.status.is_final else "now"
    places = ["done"] * here + [now] + ["next"] * (len(way) - here - 1)
    return [Step(state=state, place=place) for state, place in zip(way, places, strict=True)]
