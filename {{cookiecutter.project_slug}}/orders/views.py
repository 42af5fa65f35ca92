"""The shop's pages: catalogue, cart, checkout, and what became of an order."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from orders.cancelling import TooLate, cancel
from orders.cart import MAX_QUANTITY, Cart, totals
from orders.checkout import CannotOrder, KeyReused, TotalChanged, place_order
from orders.forms import AddForm, CheckoutForm, QuantityForm
from orders.models import Product
from orders.payments import payment_provider
from orders.progress import steps

PAGE_SIZE = 50


class CustomerRequest(HttpRequest):
    """A request that passed `login_required`."""

    user: User


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Everything there is to buy."""
    context = {"products": Product.objects.all(), "max_quantity": MAX_QUANTITY}
    return render(request, "orders/catalogue.html", context)


@require_GET
def cart(request: HttpRequest) -> HttpResponse:
    """What the visitor has chosen so far."""
    lines = Cart(request.session).lines()
    context = {"lines": lines, "totals": totals(lines), "max_quantity": MAX_QUANTITY}
    return render(request, "orders/cart.html", context)


@require_POST
def cart_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Put more pieces of a product into the cart."""
    product = get_object_or_404(Product, slug=slug)
    form = AddForm(request.POST)
    if form.is_valid():
        Cart(request.session).add(product, form.cleaned_data["quantity"])
        messages.success(request, _("%(product)s is in your cart.") % {"product": product.name})
    else:
        messages.error(request, _quantity_error(least=1))
    return redirect("orders:catalogue")


@require_POST
def cart_set(request: HttpRequest, slug: str) -> HttpResponse:
    """Change how many pieces of a product are in the cart."""
    product = get_object_or_404(Product, slug=slug)
    form = QuantityForm(request.POST)
    if form.is_valid():
        Cart(request.session).set(product, form.cleaned_data["quantity"])
    else:
        messages.error(request, _quantity_error(least=0))
    return redirect("orders:cart")


def _quantity_error(*, least: int) -> str:
    limits = {"least": least, "most": MAX_QUANTITY}
    return _("A quantity is a whole number from %(least)d to %(most)d.") % limits


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def checkout(request: CustomerRequest) -> HttpResponse:
    """Choose a card and turn the cart into an order."""
    basket = Cart(request.session)
    lines = basket.lines()
    cards = payment_provider().cards()
    form = CheckoutForm(request.POST or None, cards=cards, totals=totals(lines))
    is_valid = form.is_valid()
    if not lines:
        return _empty_cart(request, form)
    if is_valid:
        try:
            placed = place_order(
                user=request.user,
                quantities={line.product.pk: line.quantity for line in lines},
                payment_token=form.cleaned_data["payment_token"],
                key=form.cleaned_data["key"],
                shown=form.cleaned_data["total"],
            )
        except KeyReused:
            messages.error(request, _("This page was out of date. Please look at it once more."))
            return redirect("orders:checkout")
        except TotalChanged as error:
            lines = basket.lines()
            form.show(totals(lines))
            form.add_error(None, str(error))
        except CannotOrder as error:
            form.add_error(None, str(error))
        else:
            basket.clear()
            return redirect(placed.order)
    context = {"form": form, "lines": lines, "totals": totals(lines)}
    return render(request, "orders/checkout.html", context)


def _empty_cart(request: CustomerRequest, form: CheckoutForm) -> HttpResponse:
    # The second click on the button comes after the first has emptied the cart.
    key = form.cleaned_data.get("key", "") if form.is_bound else ""
    order = request.user.orders.filter(idempotency_key=key).first() if key else None
    if order is not None:
        return redirect(order)
    messages.info(request, _("Your cart is empty."))
    return redirect("orders:cart")


@login_required
@require_GET
def order_list(request: CustomerRequest) -> HttpResponse:
    """The customer's latest orders."""
    context = {"orders": request.user.orders.all()[:PAGE_SIZE]}
    return render(request, "orders/order_list.html", context)


@login_required
@never_cache
@require_GET
def order(request: CustomerRequest, public_id: uuid.UUID) -> HttpResponse:
    """One order of the customer's own."""
    return render(request, "orders/order.html", _order_context(request, public_id))


@never_cache
@require_GET
def order_status(request: CustomerRequest, public_id: uuid.UUID) -> HttpResponse:
    """The part of the order's page that changes; the page asks for it until the state is final.

    The page says what it shows, and is answered 204 while that is true: nothing is swapped from
    under somebody's finger. Nobody is sent to the login page from here: it would be swapped in.
    """
    if not request.user.is_authenticated:
        raise Http404
    context = _order_context(request, public_id)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "orders/_status.html", context)


@login_required
@require_POST
def order_cancel(request: CustomerRequest, public_id: uuid.UUID) -> HttpResponse:
    """Cancel one of the customer's own orders; what was charged is given back."""
    found = get_object_or_404(request.user.orders, public_id=public_id)
    try:
        cancel(found.pk)
    except TooLate:
        messages.info(request, _("Your order had already come to another end."))
    return redirect(found)


def _order_context(request: CustomerRequest, public_id: uuid.UUID) -> dict[str, object]:
    found = get_object_or_404(request.user.orders.prefetch_related("lines"), public_id=public_id)
    return {
        "order": found,
        "status": found.status,
        "steps": steps(found),
        "seen": f"{found.state}-cancelled" if found.cancelled_at else found.state,
        "totals": [found.money],
    }
