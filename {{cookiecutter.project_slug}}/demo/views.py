"""The page to try the shop with: buttons that do the real thing, and what their tasks do."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from demo import actions, seed
from demo.live import look


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One card of the page."""

    name: str
    url: str
    title: str
    text: str
    button: str


ACTIONS = (
    Action(
        name="register",
        url="demo-register",
        title="A new customer",
        text="Stores a user and the task of the welcome mail in one transaction. "
        "A worker sends the mail.",
        button="Register a customer",
    ),
    Action(
        name="order",
        url="demo-order",
        title="A new order",
        text="A worker sets the goods aside, charges the card, confirms the order and mails the "
        "customer.",
        button="Place an order",
    ),
    Action(
        name="twice",
        url="demo-order-twice",
        title="The same order, twice",
        text="Sends one order two times with one idempotency key, as a nervous double click does. "
        "The card is charged once.",
        button="Order twice",
    ),
)


@require_GET
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The page."""
    admin = {"login": seed.ADMIN_LOGIN, "password": seed.ADMIN_PASSWORD}
    context = {"actions": ACTIONS, "live": look(), "admin": admin if settings.DEBUG else None}
    return render(request, "demo/home.html", context)


@require_GET
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The list of what the tasks do, alone; the page asks for it every other second."""
    return render(request, "demo/partials/live.html", {"live": look()})


@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register somebody."""
    user = actions.register_somebody()
    messages.success(request, f"{user} is registered; the welcome mail is on its way.")
    return answer(request)


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Place an order for somebody."""
    try:
        placed = actions.fill_basket().order()
    except actions.NothingToSell:
        return nothing_to_sell(request)
    messages.success(request, f"{placed.order.user} has ordered for {placed.order.money}.")
    return answer(request)


@require_POST
def order_twice(request: HttpRequest) -> HttpResponse:
    """Place one order two times under one key."""
    try:
        basket = actions.fill_basket()
    except actions.NothingToSell:
        return nothing_to_sell(request)
    first, second = basket.order(), basket.order()
    told = "the same order" if first.order == second.order else "two orders"
    messages.success(
        request,
        f"Sent twice with the key {basket.key[:8]}…: the answers name {told}, of "
        f"{first.order.user} for {first.order.money}.",
    )
    return answer(request)


def nothing_to_sell(request: HttpRequest) -> HttpResponse:
    """Tell that nothing is left."""
    messages.warning(request, "Everything is sold out. Put something on the shelf in the admin.")
    return answer(request)


def answer(request: HttpRequest) -> HttpResponse:
    """What changed: as a part of the page for htmx, else the way back to the page."""
    if request.headers.get("HX-Request"):
        return render(request, "demo/partials/answer.html", {"live": look()})
    return redirect("home")
