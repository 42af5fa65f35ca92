"""What tests of pages share."""

from typing import TYPE_CHECKING

import pytest

from tests.browser import Look
from tests.pages.hands import Hands

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def hands(page: "Page", look: Look) -> Hands:
    """What presses, in the way of the look."""
    return Hands(page, look)
