"""The order's page in a real browser: each step is seen as it happens."""

from typing import TYPE_CHECKING

import pytest

from accounts.tests.factories import make_user
from orders.models import Order
from orders.tests.factories import make_order, make_product
from tasks.testing import run_due
from tests.browser import axe, fits, log_in, looks, plain

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@looks
def test_an_order_is_placed_watched_cancelled_and_refunded(page: "Page", site: str) -> None:
    from playwright.sync_api import expect

    make_product(slug="mug")
    log_in(page, site, make_user())
    page.goto(f"{site}/shop/")
    page.locator("#mug button").click()
    page.goto(f"{site}/shop/checkout/")
    axe(page)
    fits(page)
    page.get_by_role("button", name="Place the order").click()
    state, now = page.locator("#order-status .badge"), page.locator("[aria-current=step]")
    expect(state).to_have_text("pending")
    axe(page)

    run_due()
    expect(state).to_have_text("confirmed")
    expect(now).to_have_text("confirmed")
    fits(page)

    page.get_by_role("button", name="Cancel the order").click()
    expect(state).to_have_text("being refunded")
    run_due()
    expect(state).to_have_text("refunded")
    expect(now).to_have_text("refunded")
    axe(page)
    fits(page)
    assert Order.objects.get().cancelled_at is not None


@plain
def test_without_scripts_the_page_is_reloaded(page: "Page", site: str) -> None:
    from playwright.sync_api import expect

    user = make_user()
    order = make_order(user=user)
    log_in(page, site, user)
    page.goto(site + order.get_absolute_url())
    expect(page.locator("#order-status .badge")).to_have_text("pending")
    run_due()

    page.get_by_role("link", name="Reload to see how far it has come").click()

    expect(page.locator("#order-status .badge")).to_have_text("confirmed")
