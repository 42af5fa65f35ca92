"""Products and orders in the admin."""

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders import admin as orders_admin
from orders import stock
from orders.models import Product
from orders.states import OrderState
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_books_balance
from tasks.testing import run_due
from tests.forms import form_of

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
        "form_key": str(uuid.uuid4()),
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


def test_a_page_costs_as_much_whatever_it_lists(admin_client: Client) -> None:
    mug, *others = (make_product() for _ in range(9))
    small, large = make_order({others[0]: 1}), make_order(dict.fromkeys((mug, *others), 1))
    make_order({mug: 1})
    run_due()

    def queries(address: str) -> int:
        admin_client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(address).status_code == 200
        return len(captured)

    order, product = "admin:orders_order_change", "admin:orders_product_change"
    assert queries(reverse(order, args=[large.pk])) == queries(reverse(order, args=[small.pk]))
    assert queries(reverse(product, args=[mug.pk])) == queries(
        reverse(product, args=[others[1].pk])
    )


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


def moved(product: Product) -> list[int]:
    return [move.quantity for move in product.moves.all()]


def test_goods_are_booked_once_however_often_their_form_is_sent(admin_client: Client) -> None:
    product = make_product(stock_=10)
    change = reverse("admin:orders_product_change", args=[product.pk])
    sent = form(product, received=5)

    admin_client.post(change, sent)
    again = admin_client.post(change, {**sent, "_continue": "1"}, follow=True)

    assert "This form came twice. It was stored once." in again.content.decode()
    assert moved(product) == [10, 5]
    assert_books_balance()


def test_a_form_that_comes_back_does_not_bring_an_old_price_back(admin_client: Client) -> None:
    product = make_product()
    change = reverse("admin:orders_product_change", args=[product.pk])
    old = form(product, price=1900)

    admin_client.post(change, old)
    admin_client.post(change, form(product, price=2100))
    admin_client.post(change, old)

    product.refresh_from_db()
    assert product.price == 2100


def test_other_values_under_a_key_are_refused_and_can_be_sent_anew(admin_client: Client) -> None:
    product = make_product(stock_=10)
    change = reverse("admin:orders_product_change", args=[product.pk])
    sent = form(product, received=5)
    admin_client.post(change, sent)

    refused = admin_client.post(change, {**sent, "received": 6})

    assert "This form was stored before, with other values." in refused.content.decode()
    assert moved(product) == [10, 5]
    shown = form_of(refused)
    assert shown["received"] == "6"

    admin_client.post(change, shown)

    assert moved(product) == [10, 5, 6]
    assert_books_balance()


@pytest.mark.parametrize("key", ["", "no key at all"])
def test_a_form_without_its_key_is_refused_and_can_be_sent_anew(
    key: str, admin_client: Client
) -> None:
    product = make_product(stock_=10)
    change = reverse("admin:orders_product_change", args=[product.pk])

    refused = admin_client.post(change, form(product, received=5, form_key=key))
    assert "came without the key of its page" in refused.content.decode()
    assert moved(product) == [10]
    admin_client.post(change, form_of(refused))

    assert moved(product) == [10, 5]


def test_a_form_that_was_wrong_has_not_used_its_key_up(admin_client: Client) -> None:
    product = make_product(stock_=10)
    change = reverse("admin:orders_product_change", args=[product.pk])
    sent = form(product, received=5)

    wrong = admin_client.post(change, {**sent, "price": "much"})
    admin_client.post(change, sent)

    assert wrong.status_code == 200
    assert moved(product) == [10, 5]


def test_the_key_of_one_page_is_worth_nothing_on_another(admin_client: Client) -> None:
    left, right = make_product(stock_=10), make_product(stock_=10)
    key = str(uuid.uuid4())

    of_left, of_right = [
        admin_client.post(
            reverse("admin:orders_product_change", args=[product.pk]),
            form(product, received=5, form_key=key),
        )
        for product in (left, right)
    ]

    assert of_left.status_code == 302
    assert "with other values" in of_right.content.decode()
    assert (moved(left), moved(right)) == ([10, 5], [10])


def test_a_product_that_is_added_twice_is_one_and_is_shown(admin_client: Client) -> None:
    sent = form(received=7)

    admin_client.post(ADD, sent)
    again = admin_client.post(ADD, sent)

    product = Product.objects.get(slug="green-mug")
    assert again.headers["Location"] == reverse("admin:orders_product_change", args=[product.pk])
    assert moved(product) == [7]


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
    mug = make_product(name="Blue mug")

    page = admin_client.get(reverse("admin:orders_product_changelist"), {"q": "blue"})

    content = page.content.decode()
    for text in ("Blue mug", "Price", str(mug.money)):
        assert text in content


def test_the_way_to_an_order_names_no_step_twice(admin_client: Client) -> None:
    order = make_order()
    page = admin_client.get(reverse("admin:orders_order_change", args=[order.pk]))

    way = re.findall(r'tracking-tight">\s*(.*?)\s*</(?:a|span)>', page.content.decode())

    assert way == ["Orders", str(order)]
