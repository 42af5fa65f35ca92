"""The shop's pages in a real browser: everybody can use them, in light, in dark and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import make_user
from orders.tests.factories import make_product
from tests.browser import axe, fits, log_in, looks

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

OPEN = ("", "shop/", "shop/cart/", "accounts/login/", "accounts/register/")
OWN = ("shop/orders/", "shop/exports/")


@looks
def test_everybody_can_use_the_pages_that_ask_for_no_login(page: Page, site: str) -> None:
    make_product(stock_=3)
    for path in OPEN:
        page.goto(f"{site}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        axe(page)
        fits(page)


@looks
def test_everybody_can_use_the_pages_of_a_customer(page: Page, site: str) -> None:
    log_in(page, site, make_user())
    for path in OWN:
        page.goto(f"{site}/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        axe(page)
        fits(page)
