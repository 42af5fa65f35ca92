"""What the orders bring for the tests of all apps: a look at the books after each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.tests.witness import moved
from orders.models import Order
from orders.tests.invariants import (
    assert_all_ended,
    assert_books_balance,
    orders_on_their_way,
)
from tests.conformance.harness import wait_until


@pytest.fixture(autouse=True)
def _books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test of orders, and every one with real workers, the books balance."""
    workers = [name for name in ("crew", "programs") if name in request.fixturenames]
    concerned = bool(workers) or "orders" in Path(str(request.path)).parts[-3:]
    if workers:
        # Or they would be gone before they are asked how it ended.
        request.getfixturevalue(workers[0])
    elif "transactional_db" in request.fixturenames:
        request.getfixturevalue("transactional_db")
    elif request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
    else:
        concerned = False
    if request.node.name.startswith("test_naive_"):
        # What it shows is that they do not.
        concerned = False
    yield
    if not concerned or not (Order.objects.exists() or moved()):
        return
    if workers:
        # They are left alone until all that was acknowledged has come to an end.
        wait_until(lambda: not orders_on_their_way().exists(), "all orders have ended")
        assert_all_ended()
    else:
        assert_books_balance()
