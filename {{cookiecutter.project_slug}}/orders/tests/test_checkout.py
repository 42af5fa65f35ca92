"""Placing an order: its rows and its task come together or not at all."""

import pytest
from django.db import transaction

from accounts.tests.factories import make_user
from demo import sandbox
from orders.checkout import CannotOrder, KeyReused, place_order
from orders.models import Order, OrderLine
from orders.tests.factories import make_order, make_product
from tasks.models import TaskRun

pytestmark = pytest.mark.django_db


def test_an_order_keeps_the_price_of_its_day() -> None:
    product = make_product(price=1000)
    order = make_order({product: 3})

    type(product).objects.filter(pk=product.pk).update(price=9900, name="Dearer mug")

    line = order.lines.get()
    assert (order.total, line.price, line.quantity) == (3000, 1000, 3)
    assert line.name == product.name


def test_an_order_rolled_back_leaves_no_rows_and_no_task() -> None:
    product, user = make_product(), make_user()

    @transaction.atomic
    def fail_after_placing() -> None:
        make_order({product: 1}, user=user)
        raise RuntimeError("the request fails")

    with pytest.raises(RuntimeError):
        fail_after_placing()

    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()
    assert not TaskRun.objects.exists()


def test_a_key_belongs_to_what_was_asked_under_it() -> None:
    product, user = make_product(), make_user()
    make_order({product: 1}, user=user, key="k")

    with pytest.raises(KeyReused):
        make_order({product: 2}, user=user, key="k")
    with pytest.raises(KeyReused):
        make_order({product: 1}, user=user, key="k", token=sandbox.DECLINED)


@pytest.mark.parametrize("quantities", [{}, {1: 0}, {1: -3}])
def test_an_order_of_nothing_is_no_order(quantities: dict[int, int]) -> None:
    with pytest.raises(CannotOrder, match="at least one piece"):
        place_order(user=make_user(), quantities=quantities, payment_token="tok_ok", key="k")


def test_an_unknown_product_is_no_order() -> None:
    with pytest.raises(CannotOrder, match="not in the catalogue"):
        place_order(user=make_user(), quantities={4711: 1}, payment_token="tok_ok", key="k")

    assert not Order.objects.exists()
