"""Mails in a browser: as their readers see them, and in the admin, where nothing in them runs."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django import Settings

from emails.tests.factories import make_email
from newsletters.tests.factories import make_newsletter
from tests.browser import DARK, LIGHT, Look, axe, fits, log_in, looks
from tests.pages.mails import MAILS, somebody_with_everything, write

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

WINDOWS = [
    Look(name="wide", width=600),
    Look(name="narrow-dark", width=400, height=860, dark=True),
]


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("look", WINDOWS, ids=lambda one: one.name, indirect=True)
def test_everybody_can_read_every_mail(
    name: str, look: Look, page: Page, settings: Settings
) -> None:
    _, html = write(name, settings)

    page.set_content(html)

    expect(page.locator(".letter")).to_be_visible()
    fits(page)
    axe(page, within=".letter")


@looks
def test_a_mail_is_shown_in_the_admin_beside_its_text(
    page: Page, site: str, settings: Settings
) -> None:
    email, _ = write("order_confirmation", settings)
    log_in(page, site, somebody_with_everything())

    page.goto(site + reverse("admin:emails_email_change", args=[email.pk]))

    framed = page.frame_locator(".mail-frame")
    expect(framed.get_by_role("link", name="See your order")).to_be_visible()
    expect(page.locator(".mail-text")).to_contain_text("Together:")
    axe(page, within=".mail-text")
    fits(page)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda one: one.name, indirect=True)
def test_a_newsletter_is_shown_before_it_is_sent(page: Page, site: str, look: Look) -> None:
    newsletter = make_newsletter()
    log_in(page, site, somebody_with_everything())

    page.goto(site + reverse("admin:newsletters_newsletter_change", args=[newsletter.pk]))

    expect(page.frame_locator(".mail-frame").get_by_text("And more of it.")).to_be_visible()
    page.locator("a, button").filter(has_text="Send").first.click()
    expect(page.get_by_text("It cannot be called back.")).to_be_visible()
    fits(page)


def test_nothing_in_a_mail_runs_or_loads_in_the_admin(
    page: Page, site: str, complaints: list[str]
) -> None:
    evil = make_email(
        html="<script>document.title='run'; parent.document.title='run'</script>"
        "<img src=x onerror=\"parent.document.title='run'\"><p>read me</p>"
        '<form action="/admin/logout/" method="post"><button>press</button></form>'
    )
    log_in(page, site, somebody_with_everything())

    page.goto(site + reverse("admin:emails_email_change", args=[evil.pk]))

    framed = page.frame_locator(".mail-frame")
    expect(framed.get_by_text("read me")).to_be_visible()
    framed.get_by_role("button", name="press").click()
    expect(framed.get_by_text("read me")).to_be_visible()
    assert "run" not in page.title()
    # The browser says what it kept from running.
    assert complaints
    complaints.clear()
