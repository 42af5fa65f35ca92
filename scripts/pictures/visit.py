"""A visitor: how each page comes to look as its picture shows it."""

import secrets
from urllib.parse import quote

from playwright.sync_api import Page

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
UNFINISHED = (
    "#live > .stack :is(.badge--scheduled, .badge--waiting, .badge--ready, .badge--running)"
)
"""The runs on the try-it page that have not ended."""


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
        # What the page shows by now may be older than the last click.
        self.page.locator("#live").evaluate("it => it.firstElementChild.classList.add('old')")
        for left in ("#live > .old", UNFINISHED):
            self.page.locator(left).first.wait_for(state="detached")

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

    def graph(self) -> None:
        """The same, scrolled to the workflow that it ends."""
        self.run()
        self.page.locator(".tasks-graph").evaluate(
            "it => it.closest('section').scrollIntoView({block: 'center'})"
        )

    def history(self) -> None:
        """Who did what."""
        self.log_into_the_admin("/admin/admin/logentry/")

    def api(self) -> None:
        """The description of the API, on which it can be tried."""
        self.page.goto(f"{self.url}/api/docs/")
        self.page.locator(".opblock").first.wait_for()
