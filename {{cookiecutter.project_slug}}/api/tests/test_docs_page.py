"""The page that describes the API works in a browser, under the site's own strict policy."""

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import make_user
from exports.models import Export
from tests.browser import check, log_in, looks

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@looks
def test_everybody_can_read_every_operation(page: Page, site: str) -> None:
    page.goto(f"{site}/api/docs/")

    expect(page.get_by_role("heading", name="Task Shop")).to_be_visible()
    expect(page.locator(".opblock")).not_to_have_count(0)
    expect(page.get_by_text("/api/tasks/runs/bulk/")).to_be_visible()
    # The page as it opens, by all of axe's rules. An operation that is open is not asked about:
    # there Swagger 5 has a list without a name (`select-name`) and two regions that are called the
    # same (`landmark-unique`), made anew by its own script each time.
    check(page)


def test_who_is_logged_in_tries_an_operation_that_writes(page: Page, site: str) -> None:
    log_in(page, site, make_user("ada@example.com"))
    page.goto(f"{site}/api/docs/")

    operation = page.locator("#operations-exports-exports_create")
    operation.locator(".opblock-summary").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.locator("textarea").fill('{"kind": "my_data"}')
    operation.get_by_role("button", name="Execute").click()

    expect(operation.locator(".live-responses-table .response .response-col_status")).to_have_text(
        "201"
    )
    assert Export.objects.get().kind == "my_data"
