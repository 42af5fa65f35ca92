"""Every page of the admin, Unfold's frame and all: usable by everybody, and as strict as it says.

Which pages there are is asked of the admin itself, so that one that is added is looked at too. The
browser complains of what the Content-Security-Policy stops: see `page` in `tests/browser.py`.
"""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from tasks.models import TaskRun
from tasks.tests.showroom import TASK
from tests.browser import PHONE, Look, axe, fits, log_in, looks
from tests.pages.hands import Hands
from tests.pages.showrooms import addresses, fill

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ada(transactional_db: None) -> User:
    """Somebody with a long name who may do all, where there is some of everything."""
    user = make_user(
        "ada.with.a.rather.long.name@department.example.com", is_staff=True, is_superuser=True
    )
    fill(user)
    return user


@pytest.fixture
def inside(page: Page, site: str, ada: User) -> Page:
    """Her tab."""
    log_in(page, site, ada)
    return page


@looks
def test_every_page_can_be_used_by_everybody(
    inside: Page, site: str, ada: User, look: Look
) -> None:
    seen, wrong = 0, []
    for address in addresses(ada):
        response = inside.goto(f"{site}{address}")
        assert response is not None
        assert response.ok, f"{address} answers with {response.status}"
        seen += 1
        try:
            fits(inside)
            if look != PHONE:
                # There its colours and names are those of the light page.
                axe(inside)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)
    assert seen > 60


@looks
def test_what_opens_on_a_page_can_be_used_by_everybody(
    inside: Page, site: str, hands: Hands
) -> None:
    def looks_well() -> None:
        axe(inside)
        fits(inside)

    runs = f"{site}{reverse('admin:tasks_taskrun_changelist')}"
    inside.goto(runs)
    hands.press(inside.locator(".filter-open-button"))
    expect(inside.get_by_role("button", name="Apply Filters")).to_be_visible()
    looks_well()
    inside.keyboard.press("Escape")
    hands.tick(inside.locator("input.action-select").first)
    hands.choose(inside.locator("select[name=action]"), "Retry")
    looks_well()

    # In a field, Unfold leaves the keys to the field.
    inside.goto(runs)
    inside.keyboard.press("Control+k")
    asked = inside.locator("#search-input-command")
    expect(asked).to_be_focused()
    asked.press_sequentially("add")
    expect(inside.locator("#command-results-list a").first).to_be_visible()
    looks_well()

    failed = TaskRun.objects.get(fingerprint="0123456789abcdef")
    inside.goto(f"{site}{reverse('admin:tasks_taskrun_change', args=[failed.pk])}")
    hands.open_act("Retry")
    expect(inside.get_by_role("dialog")).to_be_visible()
    looks_well()

    inside.goto(f"{site}{reverse('admin:tasks_task', args=[TASK])}?every=0")
    hands.press(inside.get_by_role("button", name=re.compile("Run now")))
    expect(inside.get_by_role("dialog")).to_be_visible()
    looks_well()

    if not inside.locator("#nav-sidebar").is_visible():
        inside.keyboard.press("Escape")
        hands.press(inside.get_by_role("button", name="Menu", exact=True))
        looks_well()


@looks
def test_a_password_can_be_reset_also_on_a_phone(
    inside: Page, site: str, ada: User, look: Look
) -> None:
    inside.goto(f"{site}{reverse('admin:accounts_user_change', args=[ada.pk])}")

    box = inside.get_by_role("link", name="Reset password").bounding_box()

    assert box
    assert box["x"] + box["width"] <= look.width


@looks
def test_one_can_log_in_and_out_again(page: Page, site: str) -> None:
    user = make_user(is_staff=True, is_superuser=True)
    page.goto(f"{site}/admin/login/")
    axe(page)
    page.locator("[name=username]").fill(user.email)
    page.locator("[name=password]").fill("not that")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Please enter the correct")).to_be_visible()
    axe(page)
    fits(page)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("main")).to_be_visible()

    menu = page.get_by_role("button", name="Menu", exact=True)
    if not page.locator("#nav-sidebar").is_visible():
        menu.click()
    page.get_by_role("button", name=user.email).click()
    axe(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name=user.email)).to_have_count(0)
    page.goto(f"{site}/admin/")
    expect(page).to_have_url(f"{site}/admin/login/?next=/admin/")
