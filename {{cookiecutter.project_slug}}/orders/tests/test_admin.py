"""Products and orders in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from orders import admin as orders_admin
from orders import stock
from orders.models import Product
from orders.states import OrderState
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_books_balance
from tasks.testing import run_due

pytestmark = pytest.mark.django_db

ADD = reverse("admin:orders_product_add")


def form(product: Product | None = None, **changes: object) -> dict[str, object]:
    values = {
        "name": "Green mug",
        "slug": "green-mug",
        "description": "",
        "price": 900,
        "currency": "EUR",
        "received": "",
    }
    inline = {"moves-TOTAL_FORMS": 0, "moves-INITIAL_FORMS": 0}
    if product is not None:
        values |= {"name": product.name, "slug": product.slug}
    return {**values, **inline, **changes}


def test_a_product_is_added_with_its_goods_in_the_ledger(admin_client: Client) -> None:
    admin_client.post(ADD, form(received=7))

    product = Product.objects.get(slug="green-mug")
    assert (product.stock, product.price) == (7, 900)
    assert_books_balance()


def test_a_product_is_changed_without_touching_the_stock_others_move(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make_product(stock_=10)
    change = reverse("admin:orders_product_change", args=[product.pk])
    clean = orders_admin.ProductForm.clean_received

    def sell_meanwhile(self: orders_admin.ProductForm) -> int:
        stock.receive(product, -4)
        return clean(self)

    monkeypatch.setattr(orders_admin.ProductForm, "clean_received", sell_meanwhile)

    admin_client.post(change, form(product, price=1900, received=5))

    product.refresh_from_db()
    assert (product.price, product.stock) == (1900, 11)
    assert_books_balance()


def test_no_more_can_go_missing_than_there_are(admin_client: Client) -> None:
    product = make_product(stock_=2)
    change = reverse("admin:orders_product_change", args=[product.pk])

    answer = admin_client.post(change, form(product, received=-3))

    assert "Only 2 are on the shelf." in answer.content.decode()
    product.refresh_from_db()
    assert product.stock == 2


def test_an_order_is_shown_with_its_lines_moves_and_payments(admin_client: Client) -> None:
    order = make_order()
    run_due()

    page = admin_client.get(reverse("admin:orders_order_change", args=[order.pk]))

    shown = page.content.decode()
    assert order.lines.get().name in shown
    assert order.payments.get().provider_key in shown
    assert OrderState.CONFIRMED in shown


def test_nobody_can_write_a_state_by_hand(admin_client: Client) -> None:
    order = make_order()
    change = reverse("admin:orders_order_change", args=[order.pk])

    assert admin_client.get(reverse("admin:orders_order_changelist")).status_code == 200
    assert admin_client.post(change, {"state": "confirmed"}).status_code == 403
    assert admin_client.get(reverse("admin:orders_order_add")).status_code == 403
    assert (
        admin_client.get(reverse("admin:orders_order_delete", args=[order.pk])).status_code == 403
    )


def test_products_are_listed_and_searched(admin_client: Client) -> None:
    make_product(name="Blue mug")

    page = admin_client.get(reverse("admin:orders_product_changelist"), {"q": "blue"})

    assert "Blue mug" in page.content.decode()
