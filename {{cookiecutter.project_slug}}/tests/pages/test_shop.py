"""Everybody can use the shop's pages: in light, in dark and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.factories import make_user
from exports.kinds import ExportKind
from exports.tests.factories import make_export, make_staff
from orders.tests.factories import make_order, make_product
from tasks.testing import run_due
from tests.browser import check, fits, log_in, looks, shades, visit

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def customer() -> User:
    """Somebody with a finished order, one on its way, and an export of each sort."""
    customer = make_user()
    make_order(user=customer)
    make_export(ExportKind.ORDERS_CSV, user=customer)
    run_due()
    make_order({make_product(name="Enamel kettle", slug="kettle", stock_=3): 2}, user=customer)
    make_export(ExportKind.ORDERS_XLSX, user=customer)
    return customer


@looks
def test_everybody_can_use_the_try_it_page(page: Page, site: str, customer: User) -> None:
    visit(page, f"{site}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    check(page)
    visit(page, site + reverse("demo-pattern", args=["exports"]))
    check(page)


@looks
def test_everybody_can_buy(page: Page, site: str, customer: User) -> None:
    make_product(name="Sold out", stock_=0)
    log_in(page, site, customer)
    visit(page, site + reverse("orders:cart"))
    check(page)
    visit(page, site + reverse("orders:catalogue"))
    check(page)
    page.locator("#kettle button").click()
    expect(page.get_by_text("Enamel kettle is in your cart.")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Cart", exact=True).click()
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Go to the checkout").click()
    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    check(page)


@looks
def test_everybody_can_see_what_became_of_it(page: Page, site: str, customer: User) -> None:
    log_in(page, site, customer)
    visit(page, site + reverse("orders:orders"))
    check(page)
    fits(page, within=".table-scroll")
    for order in customer.orders.all():
        visit(page, site + order.get_absolute_url())
        check(page)


@looks
def test_everybody_can_use_the_page_of_the_exports(page: Page, site: str, customer: User) -> None:
    log_in(page, site, customer)
    visit(page, site + reverse("exports:exports"))
    expect(page.locator("main a[download]")).to_be_visible()
    check(page)


@shades
def test_everybody_can_read_that_something_went_wrong(
    page: Page, site: str, no_manifest: None, complaints: list[str]
) -> None:
    answer = page.goto(f"{site}/shop/")

    assert answer is not None
    assert answer.status == 500
    check(page)
    # Its style holds: the policy has let it in. All that the browser says is that it is a 500.
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "432px"
    assert [each for each in complaints if "status of 500" not in each] == []
    complaints.clear()


def test_staff_can_use_the_page_of_the_exports(page: Page, site: str) -> None:
    log_in(page, site, make_staff())
    visit(page, site + reverse("exports:exports"))
    check(page)
