"""The try-it page with a real worker: it is broken before one's eyes, and happens once."""

import pytest
from django.conf import LazySettings
from playwright.sync_api import Page, expect

from demo import archive
from demo.sandbox.journal import State
from demo.tests.witness import Witness
from exports.models import Export
from exports.states import ExportState
from exports.tests.reference import assert_exports_add_up
from orders.models import Order
from orders.states import OrderState
from orders.tests.factories import make_product
from tasks.models import RunStatus, TaskRun
from tests.browser import plain, visit
from tests.conformance.harness import Programs, wait_for_status, wait_until

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def shop(settings: LazySettings, monkeypatch: pytest.MonkeyPatch, programs: Programs) -> None:
    """A shop in development, with one worker process that its supervisor replaces."""
    settings.DEBUG = True
    monkeypatch.setattr(archive, "ORDERS", 600)
    make_product(stock_=5)
    programs.worker("--threads=2")


def test_a_worker_that_is_killed_costs_nothing(page: Page, site: str, witness: Witness) -> None:
    visit(page, f"{site}/")
    orders, exports = page.locator("#orders"), page.locator("#exports")

    exports.get_by_role("button", name="Kill the worker").click()
    expect(exports.get_by_role("status")).to_contain_text("was killed after")
    expect(page.locator("#live .badge--ready").first).to_be_visible()
    export = Export.objects.get()
    wait_for_status(RunStatus.SUCCESSFUL, str(export.run_id))
    run = TaskRun.objects.get(pk=str(export.run_id))
    assert run.attempt == 2
    export.refresh_from_db()
    assert export.state == ExportState.READY
    assert_exports_add_up()

    orders.get_by_role("button", name="Kill the worker").click()
    expect(orders.get_by_role("status")).to_contain_text("was killed while it charged")
    expect(page.locator("#live .badge--confirmed")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("1× in")
    assert Order.objects.exclude(user__email=archive.ARCHIVIST).get().state == OrderState.CONFIRMED
    assert [charge.state for charge in witness.charges()] == [State.SUCCEEDED]


@plain
def test_without_javascript_the_buttons_work_by_reloading(page: Page, site: str) -> None:
    visit(page, f"{site}/")

    page.get_by_role("button", name="Order twice").click()

    assert page.url == f"{site}/#orders"
    expect(page.locator("#orders").get_by_role("status")).to_contain_text("name 1 order")
    wait_until(
        lambda: Order.objects.filter(state=OrderState.CONFIRMED).exists(), "the order is confirmed"
    )
    page.get_by_role("link", name="Reload").click()
    expect(page.locator("#live .badge--confirmed")).to_be_visible()
