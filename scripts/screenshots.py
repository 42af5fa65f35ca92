"""Takes the pictures in `docs/images`: `make docs-images`.

It runs a demo of its own, visits its pages as a customer and as the administrator, and keeps what
it sees as small PNGs. `--every` takes each page in light, dark and on a phone, to look at before a
release; `--only NAME` takes one page; `--url` visits a demo that runs already.

A page of the admin is a line in `ADMIN`; one to which a way leads is a method of `Visit`. What does
not happen in the demo by itself, failures and a workflow, is enqueued first: `SCENES`.
"""

import argparse
import io
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
PROJECT = ROOT / "build" / "images" / "task-shop"
PORT = 8970
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
COLOURS = 128
"""Enough for pages without photographs; a third of the bytes."""

SHOP = (
    "shop",
    "catalogue",
    "cart",
    "checkout",
    "order",
    "orders",
    "exports",
    "register",
    "login",
    "password",
    "api",
)
ADMIN = {
    "dashboard": "/admin/",
    "runs": "/admin/tasks/taskrun/",
    "failures": "/admin/tasks/taskrun/failures/",
    "bulk": "/admin/tasks/taskrun/all/retry/?status__exact=FAILED",
    "tasks": "/admin/tasks/tasks/",
    "task": "/admin/tasks/tasks/orders.tasks.process_order/",
    "queues": "/admin/tasks/queues/",
    "schedules": "/admin/tasks/schedule/",
    "workers": "/admin/tasks/worker/",
    "emails": "/admin/emails/email/",
    "admin-orders": "/admin/orders/order/",
}
"""Pages of the admin, by the names of their pictures."""
WAYS = ("run", "history")
"""Those to which a way leads."""
LISTS = ("runs", "run", "history", "schedules", "workers", "emails", "admin-orders", "api")
"""Those with something that sticks to the window's foot, or very long: they are not taken whole."""
SCENES = """
from accounts.models import User
from cleanup.cleaners import cleaners
from cleanup.tasks import clean, clean_up
from orders.tasks import process_order, reconcile_orders
from reports.tasks import send_daily_report
from tasks.models import GateKind
from tasks.service import service
from tasks.workflows import chain, group

for number in (4711, 4712, 4713):
    process_order.enqueue(number)
clean.enqueue("carts")
each = [clean.si(cleaner.name) for cleaner in cleaners()]
chain(reconcile_orders.si(), group(each, then=send_daily_report.si())).enqueue()
admin = User.objects.get(email="admin@example.com")
service.pause(GateKind.QUEUE, "reports", by=admin)
service.resume(GateKind.QUEUE, "reports", by=admin)
"""


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
        return dict.fromkeys((LIGHT, DARK, PHONE, PHONE_DARK), (*SHOP, *ADMIN, *WAYS))
    tasks = (
        "dashboard",
        "runs",
        "queues",
        "task",
        "schedules",
        "workers",
        "failures",
        "bulk",
        *WAYS,
    )
    return {
        LIGHT: ("shop", "catalogue", "order", "exports", "api", *tasks),
        DARK: ("shop", "dashboard", "run"),
        PHONE: ("shop", "dashboard", "run"),
    }


class Visit:
    """A visitor who registers and buys something; each method leaves the page to look at."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def go(self, name: str) -> None:
        """Go to the page of a picture."""
        if name in ADMIN:
            self.log_into_the_admin(ADMIN[name])
        else:
            getattr(self, name)()

    def shop(self) -> None:
        """The try-it page after its buttons were pressed, once the work is done."""
        self.page.goto(self.url)
        for card, button in (
            ("emails", "Register a customer"),
            ("orders", "Order twice"),
            ("exports", "Export the orders"),
            ("orders", "Place an order"),
        ):
            self.page.locator(f"#{card}").get_by_role("button", name=button).click()
            self.page.locator(f"#told-{card} .message").wait_for()
        live = "#live .badge--running, #live [href*=taskrun] ~ .badge--ready, #live .badge--reading"
        self.page.locator(live).first.wait_for(state="detached")

    def register(self) -> None:
        """The registration, filled in by nobody."""
        self.page.goto(f"{self.url}/accounts/register/")

    def password(self) -> None:
        """The page for who has forgotten it."""
        self.page.goto(f"{self.url}/accounts/password/")

    def login(self) -> None:
        """The login after a wrong password."""
        self.page.goto(f"{self.url}/accounts/login/")
        self.page.locator("main [name=username]").fill("ada@example.com")
        self.page.locator("main [name=password]").fill("not-the-password")
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

    def orders(self) -> None:
        """The list of one's orders."""
        self.order()
        self.page.get_by_role("link", name="Your orders").click()

    def exports(self) -> None:
        """Two exports that are ready."""
        self.order()
        self.page.get_by_role("link", name="Exports").click()
        for kind in ("orders_csv", "my_data"):
            self.page.locator("[name=kind]").select_option(kind)
            self.page.get_by_role("button", name="Export", exact=True).click()
            self.page.locator(".badge--ready").first.wait_for()
        self.page.locator(".badge--waiting, .badge--reading, .badge--assembling").first.wait_for(
            state="detached"
        )

    def log_into_the_admin(self, path: str) -> None:
        """A page of the admin."""
        self.page.goto(f"{self.url}/admin/login/?next={quote(path)}")
        self.page.locator("[name=username]").fill("admin")
        self.page.locator("[name=password]").fill("admin")
        self.page.locator("[type=submit]").first.click()
        self.page.wait_for_url(f"{self.url}{path}")
        self.page.wait_for_load_state("load")

    def run(self) -> None:
        """The last run of a workflow, with what it waited for."""
        self.log_into_the_admin("/admin/tasks/taskrun/?name=reports.tasks.send_daily_report")
        self.page.locator("#result_list .field-task a, #result_list th a").first.click()
        self.page.locator(".tasks-graph").wait_for()

    def history(self) -> None:
        """Who did what."""
        self.log_into_the_admin("/admin/admin/logentry/")

    def api(self) -> None:
        """The description of the API, on which it can be tried."""
        self.page.goto(f"{self.url}/api/docs/")
        self.page.locator(".opblock").first.wait_for()


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
        Visit(page, url).go(name)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if overflow > 0:
            raise SystemExit(f"{name} is {overflow} pixels too wide at {look.width}.")
        page.mouse.move(0, 0)
        shot = page.screenshot(full_page=name not in LISTS)
    picture = (
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    )
    picture.save(into / f"{name}{look.suffix}.png", optimize=True)
    print(f"{name}{look.suffix}.png", flush=True)


@contextmanager
def demo() -> Iterator[str]:
    """Run a demo of our own, on a fresh database; yield its address once its orders are done."""
    for file in PROJECT.glob("db.sqlite3*"):
        file.unlink()
    shutil.rmtree(PROJECT / "var", ignore_errors=True)
    command = [PROJECT / ".venv/bin/python", "manage.py", "demo", "--port", str(PORT)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        lines = cast(IO[str], process.stdout)  # a pipe, as asked for above
        try:
            for line in lines:
                if "The shop is open: " in line:
                    break
            else:
                raise SystemExit("The demo did not start.")
            # Its lines have to be read, or it stands still at a full pipe.
            reader = os.fdopen(os.dup(lines.fileno()))
            drain = subprocess.Popen(["cat"], stdin=reader, stdout=subprocess.DEVNULL)
            scenes = [PROJECT / ".venv/bin/python", "manage.py", "shell", "-v", "0", "-c", SCENES]
            subprocess.run(scenes, cwd=PROJECT, check=True)
            time.sleep(15)
            yield line.split()[-1].rstrip("/")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            drain.wait(10)


def main() -> None:
    """Take all that are wanted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="where a demo runs; else one is started")
    parser.add_argument("--into", type=Path, default=IMAGES, help="the folder for the pictures")
    parser.add_argument("--every", action="store_true", help="each page in each look")
    parser.add_argument("--only", action="append", help="this page, in its looks")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None:
        raise SystemExit("There is no Chromium: install one, or name it: CHROMIUM=/path/to/it")
    with demo() if options.url is None else nowhere(options.url) as url, sync_playwright() as one:
        browser = one.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for look, names in wanted(every=options.every).items():
            for name in names:
                if not options.only or name in options.only:
                    take(browser, url, look, name, options.into)
        browser.close()


@contextmanager
def nowhere(url: str) -> Iterator[str]:
    """A demo that somebody else runs."""
    yield url.rstrip("/")


if __name__ == "__main__":
    main()
