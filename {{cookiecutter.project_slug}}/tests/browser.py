"""A real browser for tests of pages: Chromium through Playwright, on a real server.

    from playwright.sync_api import Page, expect

    from tests.browser import check, log_in, looks

    pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

    @looks
    def test_the_list_can_be_used_by_everybody(page: Page, site: str) -> None:
        log_in(page, site, make_admin())
        page.goto(f"{site}/admin/tasks/taskrun/")
        expect(page.get_by_role("heading", name="Runs")).to_be_visible()
        check(page)

* `page` is a tab of a new visitor. It fails its test at the end if the console holds an error (a
  violation of the Content-Security-Policy is one), if a script raised, or if anything was asked of
  another host. A test that provokes one takes it out of the fixture `complaints`.
* `site` is the address of a server on the tests' database.
* `@looks` runs a test in light, in dark and on a phone, `@ways` by the keyboard alone too (with
  the `hands` of `tests/pages/hands.py`), `@shades` in light and in dark, `@plain` without
  JavaScript; without any of them it runs in light. `TEST_EVERY_LOOK=1` does not run dark and phone
  in one.
* A test needs a database that other processes see: `pytest.mark.django_db(transaction=True)`, or
  `programs` or `crew` of `tests/conftest.py` when workers have a part in it. What a test with
  `crew` stores stays there for the next one.
* `check` asks axe and looks at the width; `visit` opens a page that lets nothing inline run.
* Mark such tests `once`: they say nothing about the engine or the database.
* `BROWSER_PICTURES=/tmp/pictures pytest …` leaves a picture of each page as its test left it.

Where there is no Chromium the tests are skipped, and say so.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.conformance.harness import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = "no browser: install Chromium, or name one in the environment: CHROMIUM=/path/to/it"
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_SECONDS = 20.0
"""How long a page may take for anything, on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a visitor sees a page."""

    name: str
    dark: bool = False
    # Wide enough for the admin's sidebar, which is a menu on less.
    width: int = 1440
    height: int = 900
    scripts: bool = True
    keyboard: bool = False


LIGHT = Look(name="light")
DARK = Look(name="dark", dark=True)
PHONE = Look(name="phone", width=400, height=860)
DARK_PHONE = Look(name="dark phone", dark=True, width=400, height=860)
KEYBOARD = Look(name="keyboard", keyboard=True)
"""Without a pointer: see `tests/pages/hands.py`."""
PLAIN = Look(name="plain", scripts=False)
"""A browser without JavaScript."""

NEXT_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
MOVING = """document.getAnimations().some(one => one.playState === "running"
    && one.effect.getComputedTiming().iterations !== Infinity)"""

# Every look of every page takes minutes: each day light on a wide screen and dark on a phone.
ALL = bool(os.environ.get("TEST_EVERY_LOOK"))
LOOKS = [LIGHT, DARK, PHONE] if ALL else [LIGHT, DARK_PHONE]

looks = pytest.mark.parametrize("look", LOOKS, ids=lambda one: one.name, indirect=True)
"""In light, in dark and on a phone."""
shades = pytest.mark.parametrize("look", [LIGHT, DARK], ids=lambda one: one.name, indirect=True)
"""In light and in dark."""
ways = pytest.mark.parametrize("look", [*LOOKS, KEYBOARD], ids=lambda one: one.name, indirect=True)
"""In light, in dark, on a phone, and by the keyboard alone."""
plain = pytest.mark.parametrize("look", [PLAIN], ids=lambda one: one.name, indirect=True)
"""Without JavaScript."""


def find_chromium() -> str | None:
    """The path of a Chromium of this machine: that of `CHROMIUM`, or one on the `PATH`."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True, slots=True)
class Chromium:
    """The browser, and the event loop on which Playwright speaks with it."""

    browser: Browser
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """One browser for all tests; each gets a visitor of its own."""
    path = find_chromium()
    if path is None:
        pytest.skip(MISSING)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    playwright = sync_playwright().start()
    loop = asyncio.get_running_loop()
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    asyncio._set_running_loop(None)
    yield Chromium(browser, loop)
    asyncio._set_running_loop(loop)
    browser.close()
    playwright.stop()


@pytest.fixture
def browser(chromium: Chromium, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The browser, for tests that want several visitors."""
    # Playwright marks its loop as running between two calls, as if all tests were coroutines:
    # Django would refuse every query, and later tests could run no loop of their own.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    asyncio._set_running_loop(chromium.loop)
    yield chromium.browser
    asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def _server(django_db_setup: None) -> Iterator[LiveServer]:
    server = LiveServer("localhost")
    yield server
    server.stop()


@pytest.fixture
def site(
    request: pytest.FixtureRequest, _server: LiveServer, django_db_blocker: DjangoDbBlocker
) -> str:
    """The address of a server on the tests' database, without a slash at its end."""
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")) and not (
        {"crew", "programs", "transactional_db"} & set(request.fixturenames)
    ):
        pytest.fail("The server sees nothing of a test's open transaction: see tests/browser.py.")
    return str(_server.url)


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Look:
    """How the visitor sees the pages."""
    found: Look = getattr(request, "param", LIGHT)
    return found


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What went wrong in the browser. A test that provokes something takes it out."""
    found: list[str] = []
    yield found
    assert not found, "The browser complains:\n" + "\n".join(found)


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    complaints: list[str],
    site: str,
    browser: Browser,
    look: Look,
) -> Iterator[Page]:
    """A tab of a new visitor."""
    context = browser.new_context(
        color_scheme="dark" if look.dark else "light",
        viewport={"width": look.width, "height": look.height},
        java_script_enabled=look.scripts,
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    tab = context.new_page()
    listen(tab, site, complaints)
    yield tab
    if folder := os.environ.get("BROWSER_PICTURES"):
        name = re.sub(r"\W+", "-", request.node.name).strip("-")
        tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    # What the page polls for must not reach the server after the test.
    tab.goto("about:blank")
    context.close()


def listen(page: Page, site: str, complaints: list[str]) -> None:
    """Write down all that goes wrong in a tab."""
    host = urlsplit(site).netloc

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{page.url}: {message.text} ({message.location.get('url')})")

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != host:
            complaints.append(f"{page.url} asked another host: {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))


def log_in(page: Page, site: str, user: User) -> None:
    """Let the visitor be somebody, without the way through the login page."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])


def visit(page: Page, url: str) -> None:
    """Open a page of the shop; fail if its policy lets anything inline run, or if it is no page."""
    response = page.goto(url)
    assert response is not None
    assert response.ok, f"{url} answers with {response.status}"
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy, f"{url}: {policy}"


def check(page: Page) -> None:
    """Fail if somebody cannot use the page, or if it is wider than the window."""
    axe(page)
    fits(page)


def axe(page: Page, *, within: str | None = None) -> None:
    """Fail if axe finds that somebody cannot use the page, or the part that a selector names."""
    from axe_playwright_python.sync_playwright import Axe

    # Half faded in, no text has its contrast; what was asked to fade begins with the next frame.
    page.evaluate(NEXT_FRAMES)
    wait_until(lambda: not page.evaluate(MOVING), "nothing moves any more")
    found = Axe().run(page, context=within).response["violations"]
    assert not found, f"{page.url} cannot be used by everybody:\n" + "\n".join(map(_told, found))


def _told(violation: dict[str, Any]) -> str:
    """One violation: the rule, and each element that breaks it with what axe says of it."""
    lines = [f"* {violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in violation["nodes"]:
        lines.append(f"    {' '.join(map(str, node['target']))}: {node['html']}")
        checks = [*node["any"], *node["all"], *node["none"]]
        lines += [f"      {check['message']}" for check in checks]
    return "\n".join(lines)


def fits(page: Page, *, within: str = "html") -> None:
    """Fail if the page, or the part that a selector names, has to be scrolled sideways."""
    too_wide = page.locator(within).evaluate("it => it.scrollWidth - it.clientWidth")
    assert too_wide <= 0, f"{page.url}: {within} is {too_wide} pixels too wide."
