"""Accounts and newsletters in a real browser, with what comes by mail."""

import re

import pytest
from django.core import mail
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.tests.factories import make_user
from newsletters.subscribers import subscribers, way_out
from tasks.testing import run_due
from tests.browser import check, log_in, looks, visit

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

NEW = "another correct horse"


@looks
def test_a_forgotten_password_is_set_anew(page: Page, site: str) -> None:
    ada = make_user("ada@example.com")
    visit(page, site + reverse("accounts:login"))
    page.get_by_role("link", name="Forgotten your password?").click()
    check(page)
    page.get_by_label("Email").fill(ada.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    check(page)

    run_due()
    link = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert link
    visit(page, site + link[1])
    # The token has left the address.
    expect(page).to_have_url(re.compile(r"/set-password/$"))
    check(page)
    for place in (0, 1):
        page.locator("input[type=password]").nth(place).fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your new password is set.")).to_be_visible()

    visit(page, site + link[1])
    expect(page.get_by_role("heading", name="of no use any more")).to_be_visible()
    check(page)
    ada.refresh_from_db()
    assert ada.check_password(NEW)


@looks
def test_newsletters_begin_and_end(page: Page, site: str) -> None:
    reader = make_user()
    log_in(page, site, reader)
    visit(page, site + reverse("accounts:password-reset"))
    page.get_by_role("link", name="Newsletter").click()
    check(page)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_text("You get it at")).to_be_visible()
    check(page)
    assert subscribers().get() == reader

    visit(page, way_out(reader.pk).replace("http://testserver", site))
    check(page)
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    check(page)
    assert not subscribers().exists()
