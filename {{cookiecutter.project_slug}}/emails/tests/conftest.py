"""What tests of mails stand on."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from emails.tests.witness import Witness, witness


@pytest.fixture
def server(settings: Settings) -> Iterator[Witness]:
    """A mail server to which all mail of the test goes."""
    with witness() as running:
        settings.MAILERS = running.mailers
        yield running
