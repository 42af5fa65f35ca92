"""Takes the pictures of the shop in `docs/images` from a running demo.

    make docs-images

bakes the default project, runs its demo and takes them all. Started with the Python of a baked project,
which has Playwright, and `--url`, this script takes them from a demo that runs already; `--every` takes
each page in light, dark and on a phone, to look at before a release.
"""

import argparse
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
CONTROL_ROOM = ("dashboard", "queues", "tasks", "task", "runs")
PAGES = ("shop", "catalogue", "cart", "checkout", "order", "register", "login", *CONTROL_ROOM)


@dataclass(frozen=True, slots=True)
class Look:
    """How a visitor sees a page."""

    suffix: str
    scheme: str
    width: int
    height: int


LIGHT = Look("", "light", 1280, 720)
DARK = Look("-dark", "dark", 1280, 720)
PHONE = Look("-phone", "light", 400, 860)
PHONE_DARK = Look("-phone-dark", "dark", 400, 860)


def wanted(*, every: bool) -> dict[Look, tuple[str, ...]]:
    """Which pages are taken in which look."""
    if every:
        return dict.fromkeys((LIGHT, DARK, PHONE, PHONE_DARK), PAGES)
    return {
        LIGHT: ("shop", "catalogue", "order", "dashboard", "queues", "task", "runs"),
        DARK: ("shop", "dashboard"),
        PHONE: ("shop", "dashboard"),
    }


class Visit:
    """A visitor who registers and buys something; each method leaves the page to look at."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def shop(self) -> None:
        """The try-it page after its buttons were pressed, once the work is done."""
        self.page.goto(self.url)
        for button in ("Register a customer", "Place an order", "Order twice"):
            self.page.get_by_role("button", name=button).click()
            self.page.wait_for_load_state("networkidle")
        self.page.locator("#live .badge--running, #live .badge--ready").first.wait_for(
            state="detached"
        )

    def register(self) -> None:
        """The registration, filled in by nobody."""
        self.page.goto(f"{self.url}/accounts/register/")

    def login(self) -> None:
        """The login after a wrong password."""
        self.page.goto(f"{self.url}/accounts/login/")
        self.page.locator("[name=username]").fill("ada@example.com")
        self.page.locator("[name=password]").fill("not-the-password")
        self.page.locator("main button").click()
        self.page.locator(".errorlist").first.wait_for()

    def catalogue(self) -> None:
        """What is sold."""
        self.page.goto(self.url)
        self.page.get_by_role("link", name="Catalogue", exact=True).click()
        self.page.locator(".card").first.wait_for()

    def cart(self) -> None:
        """Two products in the cart."""
        for number in (1, 4):
            self.catalogue()
            self.page.locator(".card button").nth(number).click()
            self.page.wait_for_load_state("load")
        self.page.get_by_role("link", name="Cart", exact=True).click()

    def checkout(self) -> None:
        """The checkout of somebody who has just registered."""
        self.register()
        password = secrets.token_urlsafe(12)
        self.page.locator("[name=email]").fill(f"reader.{secrets.token_hex(3)}@example.com")
        self.page.locator("[name=password1]").fill(password)
        self.page.locator("[name=password2]").fill(password)
        self.page.locator("main button").click()
        self.cart()
        self.page.get_by_role("link", name="Go to the checkout").click()

    def order(self) -> None:
        """The order, confirmed."""
        self.checkout()
        self.page.get_by_role("button", name="Place the order").click()
        self.page.locator(".badge--confirmed").first.wait_for()

    def runs(self) -> None:
        """The list of runs in the admin."""
        self._admin("tasks/taskrun/", "#result_list")

    def dashboard(self) -> None:
        """The first page of the admin, with its charts."""
        self._admin("?every=0", "#tasks-series")

    def queues(self) -> None:
        """The queues."""
        self._admin("tasks/queues/?every=0", ".tasks-grid")

    def tasks(self) -> None:
        """The tasks."""
        self._admin("tasks/tasks/?every=0", ".tasks-grid")

    def task(self) -> None:
        """One of them."""
        self._admin("tasks/tasks/orders.tasks.process_order/?every=0", ".tasks-grid")

    def _admin(self, path: str, seen: str) -> None:
        address = urlencode({"next": f"/admin/{path}"})
        self.page.goto(f"{self.url}/admin/login/?{address}")
        self.page.locator("[name=username]").fill("admin")
        self.page.locator("[name=password]").fill("admin")
        self.page.locator("[type=submit]").first.click()
        self.page.locator(seen).first.wait_for(state="attached")
        self.page.wait_for_load_state("networkidle")


@contextmanager
def opened(browser: Browser, look: Look) -> Iterator[Page]:
    """A fresh visitor's page. Fails on an error in the browser's console."""
    context = browser.new_context(
        color_scheme="dark" if look.scheme == "dark" else "light",
        viewport={"width": look.width, "height": look.height},
        reduced_motion="reduce",
        locale="en-GB",
    )
    errors: list[str] = []
    page = context.new_page()
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    if errors:
        raise SystemExit(f"The browser's console holds errors: {errors}")


def take(browser: Browser, url: str, look: Look, name: str, into: Path) -> None:
    """Take one picture."""
    with opened(browser, look) as page:
        getattr(Visit(page, url), name)()
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if overflow > 0:
            raise SystemExit(f"{name} is {overflow} pixels too wide at {look.width}.")
        page.mouse.move(0, 0)
        # What sticks to the window's foot would stand in the middle of a longer picture.
        page.screenshot(path=into / f"{name}{look.suffix}.png", full_page=name != "runs")


def main() -> None:
    """Take all that are wanted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", default="http://localhost:8000", help="where the demo runs")
    parser.add_argument("--into", type=Path, default=IMAGES, help="the folder for the pictures")
    parser.add_argument("--every", action="store_true", help="each page in each look")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for look, names in wanted(every=options.every).items():
            for name in names:
                take(browser, options.url.rstrip("/"), look, name, options.into)
        browser.close()


if __name__ == "__main__":
    main()
