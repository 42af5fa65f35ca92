"""What the orders bring for the tests of all apps: a look at the books after each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orders.models import Order
from orders.tests.invariants import assert_all_ended, assert_books_balance

WHERE = {"orders", "conformance"}


@pytest.fixture(autouse=True)
def _books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test of orders, and every one with real workers, the books balance."""
    concerned = WHERE & {*Path(str(request.path)).parts[-4:]}
    wanted = [name for name in ("transactional_db", "programs") if name in request.fixturenames]
    if wanted:
        request.getfixturevalue("transactional_db")
    elif request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
    else:
        concerned = set()
    if request.node.name.startswith("test_naive_"):
        # What it shows is that they do not.
        concerned = set()
    yield
    if concerned and Order.objects.exists():
        # Real workers are left alone until all that was acknowledged has come to an end.
        assert_all_ended() if "conformance" in concerned else assert_books_balance()
