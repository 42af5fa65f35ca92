"""What the demo brings for the tests of all apps: the provider that they charge."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from demo.tests.witness import Witness, books, serving
from orders import http_provider


@pytest.fixture(scope="session")
def _provider(folder: Path) -> Iterator[Witness]:
    """The provider, to which also those processes speak that tests start."""
    with serving(books()) as witness, witness.present():
        settings.PAYMENT_URL = os.environ["TEST_PAYMENT_URL"] = witness.url
        yield witness
        http_provider.close()


@pytest.fixture(autouse=True)
def witness(_provider: Witness) -> Witness:
    """The books of the provider: what it heard in this test."""
    _provider.begin()
    return _provider
