"""Many customers and workers at once."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_user
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from orders import saga
from orders.checkout import place_order
from orders.models import Order, Product
from orders.payments import ProviderUnavailable
from orders.states import OrderState
from orders.tests.factories import make_order, make_product
from orders.tests.invariants import assert_books_balance
from tasks.models import TaskRun
from tests.forms import form_of

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def at_once[T, R](function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Call the function for all items from several threads, each with its own connection."""

    def call(item: T) -> R:
        try:
            return function(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(call, items))


def test_a_hundred_and_twenty_buyers_get_the_fifty_pieces_there_are(witness: Witness) -> None:
    product = make_product(stock_=50)
    buyer = make_user()
    orders = [make_order({product: 1}, user=buyer).pk for _ in range(120)]

    ends = at_once(saga.process, orders)

    assert Counter(ends) == {OrderState.CONFIRMED: 50, OrderState.SOLD_OUT: 70}
    product.refresh_from_db()
    assert product.stock == 0
    assert len(witness.charges(State.SUCCEEDED)) == 50
    assert_books_balance()


def test_orders_for_the_same_two_products_do_not_deadlock() -> None:
    left, right = make_product(stock_=100), make_product(stock_=100)
    buyer = make_user()
    carts: list[dict[Product, int]] = [{left: 1, right: 1}, {right: 1, left: 1}]
    orders = [make_order(carts[number % 2], user=buyer).pk for number in range(60)]

    assert set(at_once(saga.process, orders)) == {OrderState.CONFIRMED}
    assert_books_balance()


def test_workers_on_one_order_do_its_work_once(witness: Witness) -> None:
    product = make_product(stock_=5)
    order = make_order({product: 2})

    ends = at_once(process_patiently, [order.pk] * THREADS)

    assert set(ends) == {OrderState.CONFIRMED}
    product.refresh_from_db()
    assert product.stock == 3
    assert witness.charge().state == State.SUCCEEDED
    assert_books_balance()


@pytest.mark.parametrize("quantities", [[5], [5, 6]], ids=["the same", "other values"])
def test_one_form_sent_by_many_tabs_at_once_books_goods_once(quantities: list[int]) -> None:
    product = make_product(stock_=10)
    page = reverse("admin:orders_product_change", args=[product.pk])
    staff = make_user(is_staff=True, is_superuser=True)
    clients = [Client() for _ in range(THREADS)]
    for client in clients:
        client.force_login(staff)
    shown = form_of(clients[0].get(page))
    start = Barrier(THREADS)

    def send(number: int) -> tuple[int, int]:
        received = quantities[number % len(quantities)]
        start.wait(30)
        answer = clients[number].post(page, {**shown, "received": received})
        return answer.status_code, received

    answers = at_once(send, range(THREADS))

    first, booked = [move.quantity for move in product.moves.all()]
    assert first == 10
    # Whoever sent what is booked is sent on to it; the others are told.
    assert Counter(answers) == Counter(
        (
            302 if quantities[number % len(quantities)] == booked else 200,
            quantities[number % len(quantities)],
        )
        for number in range(THREADS)
    )
    product.refresh_from_db()
    assert product.stock == 10 + booked
    assert_books_balance()


def process_patiently(order_id: int) -> OrderState:
    """As the task does it: whoever finds that the provider is answering another comes back."""
    while True:
        try:
            return saga.process(order_id)
        except ProviderUnavailable:
            time.sleep(0.01)


def test_one_key_sent_many_times_at_once_is_one_order() -> None:
    user, product = make_user(), make_product()

    def place(_number: int) -> int:
        placed = place_order(
            user=user, quantities={product.pk: 1}, payment_token="tok_ok", key="the-same-key"
        )
        return placed.order.pk

    assert len(set(at_once(place, range(24)))) == 1
    assert Order.objects.count() == 1
    assert TaskRun.objects.count() == 1
