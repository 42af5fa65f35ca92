"""Catalogue, cart, checkout and order page, as a browser sees them."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.tests.factories import make_user
from demo import sandbox
from orders.models import Order, Product
from orders.states import OrderState
from orders.tasks import process_order
from orders.tests.factories import make_order, make_product
from tasks.models import TaskRun
from tasks.testing import assert_enqueued, run_due
from tests.forms import form_of

pytestmark = pytest.mark.django_db

CATALOGUE = reverse("orders:catalogue")
CART = reverse("orders:cart")
CHECKOUT = reverse("orders:checkout")


@pytest.fixture
def customer() -> User:
    return make_user()


@pytest.fixture
def shopper(client: Client, customer: User) -> Client:
    client.force_login(customer)
    return client


def fill_cart(client: Client, quantity: int = 2) -> None:
    product = make_product(name="Blue mug", slug="blue-mug", price=1250)
    client.post(reverse("orders:cart-add", args=[product.slug]), {"quantity": quantity})


def sent(total: int) -> dict[str, str]:
    """What the checkout page sends that has shown this sum."""
    return {"payment_token": sandbox.OK, "key": "k1", "total": f"{total} EUR"}


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_catalogue_shows_what_there_is_and_what_is_sold_out(client: Client) -> None:
    make_product(name="Blue mug", price=1250, stock_=3)
    make_product(name="Red mug", stock_=0)

    page = text(client, CATALOGUE)

    assert "Blue mug" in page
    assert "12.50 EUR" in page
    assert "3 left" in page
    assert page.count("badge--sold-out") == 1


def test_the_catalogue_asks_the_database_once_for_all_products(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        make_product()

    with django_assert_num_queries(1):
        client.get(CATALOGUE)


def test_a_cart_adds_up_changes_and_empties(client: Client) -> None:
    fill_cart(client, quantity=2)
    fill_again = reverse("orders:cart-add", args=["blue-mug"])
    client.post(fill_again, {"quantity": 1})
    assert "37.50 EUR" in text(client, CART)

    client.post(reverse("orders:cart-set", args=["blue-mug"]), {"quantity": 4})
    assert "50.00 EUR" in text(client, CART)

    client.post(reverse("orders:cart-set", args=["blue-mug"]), {"quantity": 0})
    assert "Your cart is empty." in text(client, CART)


@pytest.mark.parametrize("quantity", ["-1", "100", "many", ""])
def test_a_quantity_that_makes_no_sense_changes_nothing(client: Client, quantity: str) -> None:
    fill_cart(client, quantity=2)

    address = reverse("orders:cart-set", args=["blue-mug"])
    answer = client.post(address, {"quantity": quantity}, follow=True)

    assert "whole number from 0 to 99" in answer.content.decode()
    assert "25.00 EUR" in answer.content.decode()


def test_the_checkout_asks_for_a_login_and_keeps_the_cart(client: Client, customer: User) -> None:
    fill_cart(client)

    answer = client.get(CHECKOUT)
    assert answer.headers["Location"] == f"{reverse('accounts:login')}?next={CHECKOUT}"

    client.force_login(customer)
    assert "Blue mug" in text(client, CHECKOUT)


def test_checking_out_places_an_order_and_shows_it(shopper: Client, customer: User) -> None:
    fill_cart(shopper)

    answer = shopper.post(CHECKOUT, sent(2500), follow=True)

    order = Order.objects.get(user=customer)
    assert answer.redirect_chain == [(order.get_absolute_url(), 302)]
    assert "We have your order." in answer.content.decode()
    assert order.total == 2500
    assert_enqueued(process_order, order.pk)
    assert "Your cart is empty." in text(shopper, CART)


def test_a_double_click_places_one_order(shopper: Client) -> None:
    fill_cart(shopper)
    form = sent(2500)

    first = shopper.post(CHECKOUT, form)
    second = shopper.post(CHECKOUT, form)

    assert Order.objects.count() == 1
    assert TaskRun.objects.count() == 1
    assert first.headers["Location"] == second.headers["Location"]


@pytest.mark.parametrize("key", ["no\0key", "k" * 101, ""])
def test_a_click_with_a_key_that_is_none_finds_the_cart_empty(shopper: Client, key: str) -> None:
    answer = shopper.post(CHECKOUT, {"payment_token": sandbox.OK, "key": key}, follow=True)

    assert answer.redirect_chain == [(CART, 302)]
    assert "Your cart is empty." in answer.content.decode()


@pytest.mark.parametrize("change", [{"price": 1300}, {"currency": "CHF"}])
def test_a_price_that_has_changed_since_the_page_was_shown_is_asked_about(
    shopper: Client, change: dict[str, object]
) -> None:
    fill_cart(shopper)
    form = form_of(shopper.get(CHECKOUT)) | {"payment_token": sandbox.DECLINED}
    Product.objects.update(**change)

    shown = shopper.post(CHECKOUT, form)

    total = "26.00 EUR" if "price" in change else "25.00 CHF"
    assert f"The sum has changed to {total}." in shown.content.decode()
    card = f'value="{sandbox.DECLINED}" required id="id_payment_token_1" checked'
    assert card in shown.content.decode()
    assert not Order.objects.exists()

    shopper.post(CHECKOUT, form_of(shown) | {"payment_token": sandbox.OK})

    assert str(Order.objects.get().money) == total


@pytest.mark.parametrize("total", ["", "EUR", "2500", "many EUR", "2500\0EUR"])
def test_without_a_sum_that_was_shown_nothing_is_ordered(shopper: Client, total: str) -> None:
    fill_cart(shopper)

    answer = shopper.post(CHECKOUT, {"payment_token": sandbox.OK, "key": "k1", "total": total})

    assert answer.status_code == 200
    assert not Order.objects.exists()


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_nothing_is_not_put_into_the_cart(client: Client, quantity: str) -> None:
    product = make_product(name="Blue mug")

    address = reverse("orders:cart-add", args=[product.slug])
    answer = client.post(address, {"quantity": quantity}, follow=True)

    assert "whole number from 1 to 99" in answer.content.decode()
    assert "is in your cart" not in answer.content.decode()


def test_an_old_checkout_page_does_not_pass_for_a_new_order(shopper: Client) -> None:
    fill_cart(shopper, quantity=1)
    shopper.post(CHECKOUT, sent(1250))
    shopper.post(reverse("orders:cart-add", args=["blue-mug"]), {"quantity": 5})

    answer = shopper.post(CHECKOUT, sent(6250), follow=True)

    assert Order.objects.count() == 1
    assert "out of date" in answer.content.decode()
    assert 'value="k1"' not in answer.content.decode()


def test_every_checkout_page_has_a_key_of_its_own(shopper: Client) -> None:
    fill_cart(shopper)

    keys = {re.findall(r'name="key" value="([^"]+)"', text(shopper, CHECKOUT))[0] for _ in "ab"}

    assert len(keys) == 2


def test_a_card_that_is_not_offered_is_an_error_in_the_form(shopper: Client) -> None:
    fill_cart(shopper)

    answer = shopper.post(CHECKOUT, {"payment_token": "tok_stolen", "key": "k1"})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Order.objects.exists()


def test_products_in_two_currencies_are_an_error_in_the_form(shopper: Client) -> None:
    for currency in ("EUR", "CHF"):
        product = make_product(currency=currency)
        shopper.post(reverse("orders:cart-add", args=[product.slug]), {"quantity": 1})

    answer = shopper.post(CHECKOUT, {"payment_token": sandbox.OK, "key": "k1"})

    assert "in one currency" in answer.content.decode()
    assert not Order.objects.exists()


def test_a_product_that_left_the_catalogue_leaves_the_cart(shopper: Client, customer: User) -> None:
    fill_cart(shopper)
    gone = make_product(stock_=0)
    shopper.post(reverse("orders:cart-add", args=[gone.slug]), {"quantity": 1})
    gone.delete()

    shopper.post(CHECKOUT, sent(2500))

    assert [line.name for line in Order.objects.get().lines.all()] == ["Blue mug"]


def test_an_order_page_asks_for_news_until_the_order_has_ended(
    shopper: Client, customer: User
) -> None:
    order = make_order(user=customer)
    status = reverse("orders:order-status", args=[order.public_id])

    assert f'hx-get="{status}?seen=pending"' in text(shopper, order.get_absolute_url())
    assert shopper.get(status, {"seen": "pending"}).status_code == 204
    run_due()

    fragment = text(shopper, status)
    assert "badge--confirmed" in fragment
    assert "hx-get" not in fragment
    assert "<html" not in fragment


def test_an_order_page_asks_the_database_once_for_all_lines(
    shopper: Client, customer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    order = make_order({make_product(): 1, make_product(): 2, make_product(): 3}, user=customer)

    # The session, the customer, the order, its lines.
    with django_assert_num_queries(4):
        shopper.get(order.get_absolute_url())


def test_an_order_is_shown_to_its_customer_only(client: Client, customer: User) -> None:
    order = make_order()
    addresses = [
        order.get_absolute_url(),
        reverse("orders:order-status", args=[order.public_id]),
    ]
    assert client.get(addresses[1]).status_code == 404

    client.force_login(customer)
    for address in addresses:
        assert client.get(address).status_code == 404
    assert str(order.public_id) not in text(client, reverse("orders:orders"))


def test_a_customers_orders_are_listed(shopper: Client, customer: User) -> None:
    order = make_order(user=customer, token=sandbox.DECLINED)
    run_due()

    page = text(shopper, reverse("orders:orders"))

    assert order.get_absolute_url() in page
    assert f"badge--{OrderState.DECLINED}" in page


def test_a_customer_is_told_the_day_in_words(shopper: Client, customer: User) -> None:
    order = make_order(user=customer)
    Order.objects.filter(pk=order.pk).update(created_at=datetime(2026, 3, 1, 17, 4, tzinfo=UTC))

    for language, told in (("en", "March 1, 2026, 5:04 p.m."), ("de", "1. März 2026, 17:04")):
        page = shopper.get(reverse("orders:orders"), headers={"Accept-Language": language})
        assert told in page.content.decode()


def test_the_pages_hold_no_inline_script_or_style(shopper: Client, customer: User) -> None:
    order = make_order(user=customer)
    fill_cart(shopper)

    for address in (CATALOGUE, CART, CHECKOUT, order.get_absolute_url()):
        page = text(shopper, address)
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\bon\w+=", page), address


def test_an_order_is_cancelled_from_its_page(shopper: Client, customer: User) -> None:
    order = make_order(user=customer)
    run_due()
    cancel = reverse("orders:order-cancel", args=[order.public_id])
    assert cancel in text(shopper, order.get_absolute_url())

    answer = shopper.post(cancel, follow=True)
    assert "We are giving your money back." in answer.content.decode()
    run_due()

    page = text(shopper, order.get_absolute_url())
    assert "badge--refunded" in page
    assert 'steps__step--end" aria-current="step">refunded' in page
    assert cancel not in page


def test_an_order_that_has_ended_otherwise_says_so(shopper: Client, customer: User) -> None:
    order = make_order(user=customer, token=sandbox.DECLINED)
    run_due()

    answer = shopper.post(reverse("orders:order-cancel", args=[order.public_id]), follow=True)

    assert "had already come to another end" in answer.content.decode()


def test_nobody_cancels_the_order_of_another(shopper: Client) -> None:
    order = make_order()

    answer = shopper.post(reverse("orders:order-cancel", args=[order.public_id]))

    assert answer.status_code == 404
    assert Order.objects.get().cancelled_at is None
