"""The page to try the shop with: buttons that do the real thing, and what their tasks do."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from demo import actions, seed
from demo.live import look


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One card of the page."""

    url: str
    title: str | Promise
    text: str | Promise
    button: str | Promise


ACTIONS = (
    Action(
        url="demo-register",
        title=gettext_lazy("A new customer"),
        text=gettext_lazy(
            "Stores a user, the welcome mail and the task that sends it in one transaction. "
            "A worker sends it."
        ),
        button=gettext_lazy("Register a customer"),
    ),
    Action(
        url="demo-order",
        title=gettext_lazy("A new order"),
        text=gettext_lazy(
            "A worker sets the goods aside, charges the card, confirms the order and mails the "
            "customer."
        ),
        button=gettext_lazy("Place an order"),
    ),
    Action(
        url="demo-order-twice",
        title=gettext_lazy("The same order, twice"),
        text=gettext_lazy(
            "Sends one order two times under one idempotency key, as a nervous double click does. "
            "The card is charged once."
        ),
        button=gettext_lazy("Order twice"),
    ),
)


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The page."""
    admin = {"login": seed.ADMIN_LOGIN, "password": seed.ADMIN_PASSWORD}
    context = {"actions": ACTIONS, "live": look(), "admin": admin if settings.DEBUG else None}
    return render(request, "demo/home.html", context)


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The list of what the tasks do, alone; the page asks for it every other second."""
    return render(request, "demo/partials/live.html", {"live": look()})


@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """Register somebody."""
    told = _("%(customer)s is registered; the welcome mail is on its way.")
    messages.success(request, told % {"customer": actions.register_somebody()})
    return answer(request)


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Place an order for somebody."""
    basket = actions.fill_basket()
    if basket is None:
        return nothing_to_sell(request)
    placed = basket.order()
    told = _("%(customer)s has ordered for %(total)s; a worker is on it.")
    messages.success(request, told % {"customer": basket.user, "total": placed.order.money})
    return answer(request)


@require_POST
def order_twice(request: HttpRequest) -> HttpResponse:
    """Place one order two times under one key."""
    basket = actions.fill_basket()
    if basket is None:
        return nothing_to_sell(request)
    first, second = basket.order(), basket.order()
    told = _(
        "%(customer)s sent one order for %(total)s twice, with the key %(key)s… both times; "
        "the answers name %(number)s order."
    )
    facts = {
        "customer": basket.user,
        "total": first.order.money,
        "key": basket.key[:8],
        "number": len({first.order, second.order}),
    }
    messages.success(request, told % facts)
    return answer(request)


def nothing_to_sell(request: HttpRequest) -> HttpResponse:
    """Tell that nothing is left."""
    messages.warning(request, _("Everything is sold out: put something on the shelf in the admin."))
    return answer(request)


def answer(request: HttpRequest) -> HttpResponse:
    """What changed: as parts of the page for htmx, else the way back to the page."""
    if not request.headers.get("HX-Request"):
        return redirect("home")
    pressed = request.resolver_match.url_name if request.resolver_match else None
    return render(request, "demo/partials/answer.html", {"live": look(), "url": pressed})
