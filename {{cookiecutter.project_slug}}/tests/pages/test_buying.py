"""Buying and exporting in a browser, with real workers: what a customer sees is what happened."""

import csv
from pathlib import Path

import pytest
from django.urls import reverse
from openpyxl.reader.excel import load_workbook
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from accounts.tests.factories import make_user
from demo import sandbox
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from exports.kinds import ExportKind
from exports.models import Export
from exports.tests.factories import make_orders
from orders.models import Order, Product
from orders.tests.factories import make_product
from tests.browser import log_in, plain, visit
from tests.conformance.harness import Program

pytestmark = pytest.mark.once

SEND_TWICE = """async form => {
  const post = () => fetch(form.action, {method: "POST", body: new FormData(form)});
  const answers = await Promise.all([post(), post()]);
  return answers.map(answer => answer.url);
}"""


@pytest.fixture
def product(crew: Program) -> Product:
    return make_product(stock_=5)


@pytest.fixture
def customer(crew: Program, page: Page, site: str) -> User:
    """Somebody who is logged in."""
    customer = make_user(f"{crew.process.pid}.{User.objects.count()}@example.com")
    log_in(page, site, customer)
    return customer


def go_to_checkout(page: Page, site: str, product: Product, card: str = sandbox.OK) -> None:
    """Put a product into the cart and go to the checkout, up to the last click."""
    visit(page, site + reverse("orders:catalogue"))
    page.locator(f"#{product.slug} button").click()
    page.get_by_role("link", name="Cart", exact=True).click()
    page.get_by_role("link", name="Go to the checkout").click()
    page.locator(f"input[value={card}]").check()


def test_an_order_is_confirmed_before_the_customers_eyes(
    page: Page, site: str, product: Product, customer: User, witness: Witness
) -> None:
    go_to_checkout(page, site, product)
    page.get_by_role("button", name="Place the order").click()

    expect(page.locator(".badge--confirmed")).to_be_visible()
    product.refresh_from_db()
    assert product.stock == 4
    assert witness.charge().state is State.SUCCEEDED


def test_an_order_that_is_sent_twice_with_one_key_is_charged_once(
    page: Page, site: str, product: Product, customer: User, witness: Witness
) -> None:
    go_to_checkout(page, site, product)

    first, second = page.locator("form.card").evaluate(SEND_TWICE)

    order = Order.objects.get(user=customer)
    assert first == second == site + order.get_absolute_url()
    visit(page, first)
    expect(page.locator(".badge--confirmed")).to_be_visible()
    assert [charge.state for charge in witness.charges()] == [State.SUCCEEDED]


def test_a_declined_card_is_told_on_the_page(
    page: Page, site: str, product: Product, customer: User, witness: Witness
) -> None:
    go_to_checkout(page, site, product, sandbox.DECLINED)
    page.get_by_role("button", name="Place the order").click()

    expect(page.locator(".badge--declined")).to_be_visible()
    assert not witness.charges(State.SUCCEEDED)


@plain
def test_without_javascript_the_same_order_works(
    page: Page, site: str, product: Product, customer: User
) -> None:
    go_to_checkout(page, site, product)
    page.get_by_role("button", name="Place the order").click()

    for _ in range(100):
        if page.locator(".badge--confirmed").count():
            break
        page.wait_for_timeout(100)
        page.reload()
    expect(page.locator(".badge--confirmed")).to_be_visible()


def assert_the_bar_never_goes_back(card: Locator) -> None:
    """Look at an export until it is ready."""
    seen = [0]
    while seen[-1] < 100:
        expect(card).to_be_visible()
        bar = card.get_by_role("progressbar")
        seen += [int(value) for value in bar.evaluate_all("bars => bars.map(bar => bar.value)")]
    assert seen == sorted(seen)
    expect(card.locator(".badge--ready")).to_be_visible()


def test_an_export_is_watched_downloaded_and_opened(
    page: Page, site: str, product: Product, customer: User, tmp_path: Path
) -> None:
    orders = make_orders(500, user=customer)
    visit(page, site + reverse("exports:exports"))
    for kind in ExportKind.ORDERS_CSV, ExportKind.ORDERS_XLSX:
        page.locator("[name=kind]").select_option(kind)
        page.get_by_role("button", name="Export", exact=True).click()
        page.wait_for_url("**#export-*")
        card = page.locator(f"#export-{Export.objects.latest('id').pk}")
        assert_the_bar_never_goes_back(card)
        with page.expect_download() as found:
            card.locator("a[download]").click()
        found.value.save_as(tmp_path / found.value.suggested_filename)

    ids = [str(order.public_id) for order in orders]
    [text] = tmp_path.glob("orders-*.csv")
    assert [row[0] for row in csv.reader(text.read_text().splitlines())][1:] == ids
    [workbook] = tmp_path.glob("orders-*.xlsx")
    sheet = load_workbook(workbook).active  # type: ignore[no-untyped-call]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ids
