"""The seeded shop: planted once, whole, and every order with a known end."""

from collections import Counter

import pytest
from django.conf import LazySettings
from django.contrib.auth import authenticate
from django.core.management import call_command

from accounts.models import User
from demo import seed
from demo.check import Standing
from emails.models import Email
from orders.models import Order, Product, StockMove
from orders.tasks import process_order
from tasks.models import TaskRun
from tasks.testing import assert_enqueued, run_due

pytestmark = pytest.mark.django_db


def test_planting_stocks_the_shop_and_enqueues_every_order() -> None:
    told = seed.plant()

    assert told == "Stocked 10 products; 8 customers have registered and placed 29 orders."
    assert Product.objects.count() == 10
    assert Order.objects.count() == seed.EXPECTED.total() == 29
    for order in Order.objects.all():
        assert_enqueued(process_order, order.pk)


def test_every_customer_is_welcomed() -> None:
    seed.plant()

    customers = User.objects.values_list("email", flat=True)
    welcomed = Email.objects.filter(key__startswith="welcome:").values_list("to", flat=True)
    assert sorted(welcomed) == sorted(customers)


def test_planting_twice_is_planting_once() -> None:
    seed.plant()
    before = [model.objects.count() for model in (Product, StockMove, User, Order, Email, TaskRun)]

    told = seed.plant()

    after = [model.objects.count() for model in (Product, StockMove, User, Order, Email, TaskRun)]
    assert told == "The shop was stocked before."
    assert after == before


def test_products_that_are_there_already_are_sold_on() -> None:
    mug = Product.objects.create(name="My own mug", slug="stoneware-mug", price=100, stock=0)

    seed.plant()

    mug.refresh_from_db()
    assert (mug.name, mug.stock) == ("My own mug", 0)


def test_nobody_can_log_in_as_a_seeded_customer() -> None:
    seed.plant()

    assert not [user for user in User.objects.all() if user.has_usable_password()]


@pytest.mark.django_db(transaction=True)
def test_the_orders_end_as_the_check_expects_them_to() -> None:
    seed.plant()

    run_due()
    TaskRun.objects.filter(status="SCHEDULED").update(run_at="2001-01-01T00:00Z")
    run_due()

    standing = Standing.now()
    assert standing.orders == seed.EXPECTED
    assert standing.is_settled
    assert standing.live_runs == 0
    assert Product.objects.get(slug="harbour-print").stock == 0


def test_the_administrator_logs_in_as_admin() -> None:
    seed.plant_admin()

    for name in ("admin", "admin@example.com"):
        user = authenticate(username=name, password="admin")
        assert user is not None
        assert user.is_superuser


def test_an_administrator_who_is_there_keeps_the_password() -> None:
    User.objects.create_superuser(seed.ADMIN_EMAIL, "my own")

    assert seed.plant_admin() is False
    assert authenticate(username="admin", password="admin") is None
    assert authenticate(username="admin", password="my own") is not None


def test_every_wish_can_be_fulfilled_from_the_shelf_but_the_last_prints() -> None:
    wanted: Counter[str] = Counter()
    for wish in seed.wishes():
        wanted.update(wish.pieces)

    assert all(wanted[goods.name] <= goods.stock for goods in seed.GOODS)
    assert wanted[seed.SCARCE.name] == seed.SCARCE.stock + 2


def test_seeding_alone_fills_the_shop_and_says_how_to_log_in(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEBUG = True
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "postgres")

    call_command("demo", "--seed", "--host", "postgres")

    assert Order.objects.count() == 29
    assert "(log in as admin, password admin)" in capsys.readouterr().out
    assert authenticate(username="admin", password="admin") is not None
