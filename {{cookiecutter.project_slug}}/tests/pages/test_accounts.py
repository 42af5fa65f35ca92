"""Everybody can register, log in and choose a new password: in light, in dark and on a phone."""

import re
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts import codes
from accounts.models import OneTimeCode
from accounts.tests.factories import make_user
from tests.browser import check, looks, visit

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@looks
def test_everybody_can_use_the_pages_of_an_account(page: Page, site: str) -> None:
    for name in ("login", "register", "password-reset", "password-reset-sent"):
        visit(page, site + reverse(f"accounts:{name}"))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        check(page)


@looks
def test_everybody_can_read_what_is_wrong_with_a_form(page: Page, site: str) -> None:
    visit(page, site + reverse("accounts:login"))
    page.locator("main [type=email], main [name=username]").fill("nobody@example.com")
    page.locator("main [name=password]").fill("not this one")
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    check(page)


@looks
def test_everybody_can_choose_a_new_password(page: Page, site: str) -> None:
    user = make_user()
    code = codes.issue(user, OneTimeCode.Purpose.PASSWORD_RESET)
    visit(page, site + urlsplit(codes.reset_link(str(code.pk))).path)
    expect(page.locator("main input[type=password]").first).to_be_visible()
    check(page)


def test_a_visitor_registers_and_is_logged_in(page: Page, site: str) -> None:
    visit(page, site + reverse("accounts:register"))
    page.locator("main [type=email], main [name=username]").fill("ada@example.com")
    for field in page.locator("main input[type=password]").all():
        field.fill("a long and unusual one")
    page.get_by_role("button", name="Create the account").click()

    expect(page.get_by_role("button", name=re.compile("Log out"))).to_be_visible()
