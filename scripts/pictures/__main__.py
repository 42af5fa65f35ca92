"""Takes the pictures in `docs/images`: `make docs-images`.

It runs a demo of its own, visits its pages as a customer and as the administrator, and keeps what
it sees as small PNGs. `--every` takes each page in light, dark and on a phone, to look at before a
release; `--only NAME` takes one page; `--url` visits a demo that runs already.

A page of the admin is a line in `ADMIN`; one to which a way leads is a method of `Visit`. What does
not happen in the demo by itself, failures and a workflow, is done in `scenes.py`.
"""

import argparse
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.pictures.demo import demo
from scripts.pictures.visit import ADMIN, Visit

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
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
    *("shop", "catalogue", "cart", "checkout", "order", "orders", "exports"),
    *("register", "login", "password", "api"),
)
WAYS = ("run", "graph", "history")
"""Those to which a way leads."""
LISTS = ("runs", "run", "graph", "history", "schedules", "workers", "emails", "admin-orders", "api")
"""Those with something that sticks to the window's foot, or very long: they are not taken whole."""


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
    """Which pages are taken in which look: charts last, when there is something on them."""
    if every:
        return dict.fromkeys((LIGHT, DARK, PHONE, PHONE_DARK), (*SHOP, *ADMIN, *WAYS))
    shop = ("shop", "catalogue", "order", "exports", "api")
    tasks = ("runs", "queues", "schedules", "workers", "failures", "bulk", *WAYS)
    three = ("shop", "run", "dashboard")
    return {LIGHT: (*shop, *tasks, "task", "dashboard"), PHONE: three, DARK: three}


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
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    # The usual method looks at how much of a page has a colour, and turns a few amber words red.
    few = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(into / f"{name}{look.suffix}.png", optimize=True)
    print(f"{name}{look.suffix}.png", flush=True)


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
    here = demo() if options.url is None else nullcontext(options.url.rstrip("/"))
    with here as url, sync_playwright() as one:
        browser = one.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for look, names in wanted(every=options.every).items():
            for name in names:
                if not options.only or name in options.only:
                    take(browser, url, look, name, options.into)
        browser.close()


if __name__ == "__main__":
    main()
