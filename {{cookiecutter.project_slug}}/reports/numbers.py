"""What a report says, read from the tables."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from orders.models import Order
from orders.money import Money
from orders.states import OrderState
from reports.period import Period, midnight
from tasks.service import service

PAID = (OrderState.PAID, OrderState.CONFIRMED)
"""The states of an order whose money is the shop's."""
LONGEST_BAR = 24
"""Characters, in the plain text."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The orders of one day."""

    day: date
    orders: int
    percent: int
    """Of the day with most orders."""

    @property
    def blocks(self) -> str:
        """The bar as characters."""
        return "█" * round(self.percent * LONGEST_BAR / 100)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What happened in a period."""

    orders: int
    """Placed in the period."""
    states: list[tuple[OrderState, int]]
    """How far those orders have come."""
    revenue: list[Money]
    """What was paid for them, a sum for each currency."""
    failures: list[tuple[str, int]]
    """Tasks with runs that failed for good in the period and were not retried, most first."""
    bars: list[Bar]
    """The week that ends with the period."""


def count(period: Period) -> Numbers:
    """Count what happened: four queries."""
    placed = Order.objects.filter(created_at__gte=period.since, created_at__lt=period.until)
    states = dict(placed.order_by().values_list("state").annotate(Count("pk")))
    paid = placed.filter(state__in=PAID).order_by("currency").values_list("currency")
    failures = service.failures(period.since, period.until)
    return Numbers(
        orders=sum(states.values()),
        states=[(state, states[state]) for state in OrderState if state in states],
        revenue=[
            Money(amount=total, currency=currency)
            for currency, total in paid.annotate(Sum("total"))
        ],
        failures=sorted(failures.items(), key=lambda failed: (-failed[1], failed[0])),
        bars=_bars(period.week),
    )


def _bars(days: list[date]) -> list[Bar]:
    zone = timezone.get_default_timezone()
    orders = Order.objects.filter(created_at__gte=midnight(days[0]))
    by_day = orders.order_by().values_list(TruncDate("created_at", tzinfo=zone))
    counts = dict(by_day.annotate(Count("pk")))
    most = max((counts.get(day, 0) for day in days), default=0) or 1
    return [
        Bar(
            day=day,
            orders=counts.get(day, 0),
            # A day with an order has a bar that can be seen.
            percent=-(-100 * counts.get(day, 0) // most),
        )
        for day in days
    ]
