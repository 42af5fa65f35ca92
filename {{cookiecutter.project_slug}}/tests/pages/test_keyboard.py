"""The admin by the keyboard alone: where it goes, what it opens, and where it is afterwards."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.tests.factories import make_user
from tasks.models import RunStatus, TaskRun
from tasks.tests.admin_factories import make_failed_run, make_run
from tasks.tests.sample.tasks import print_labels
from tests.browser import KEYBOARD, Look, log_in
from tests.conformance.harness import wait_until
from tests.pages.hands import Hands

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

keyboard = pytest.mark.parametrize("look", [KEYBOARD], ids=["keyboard"], indirect=True)
small = pytest.mark.parametrize(
    "look",
    [Look(name="small keyboard", keyboard=True, width=400, height=860)],
    ids=["small"],
    indirect=True,
)
TASK = f"/admin/tasks/tasks/{print_labels.module_path}/?every=0"


@pytest.fixture
def inside(page: Page, site: str) -> Page:
    """The tab of somebody who may do all."""
    log_in(page, site, make_user(is_staff=True, is_superuser=True))
    return page


@keyboard
def test_the_menu_can_be_skipped(inside: Page, site: str, hands: Hands) -> None:
    inside.goto(f"{site}/admin/tasks/queues/?every=0")
    inside.keyboard.press("Tab")
    expect(inside.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    inside.keyboard.press("Enter")
    inside.keyboard.press("Tab")
    assert hands.is_in(inside.locator("#content"))


@keyboard
def test_a_dialog_keeps_the_keyboard_until_it_is_left(
    inside: Page, site: str, hands: Hands
) -> None:
    inside.goto(f"{site}{TASK}")
    opener = inside.locator("#run-now")
    dialog = inside.get_by_role("dialog", name="Run")
    hands.press(opener)
    expect(dialog.get_by_label("options")).to_be_visible()
    for key in ["Tab"] * 20 + ["Shift+Tab"] * 20:
        wait_until(lambda: hands.is_in(dialog), "the dialog has the keyboard")
        inside.keyboard.press(key)

    inside.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    hands.press(opener)
    hands.press(dialog.get_by_text("Cancel", exact=True))
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert not TaskRun.objects.exists()


@keyboard
def test_what_is_wrong_in_a_dialog_is_said_where_the_keyboard_is(
    inside: Page, site: str, hands: Hands
) -> None:
    inside.goto(f"{site}{TASK}")
    hands.press(inside.locator("#run-now"))
    dialog = inside.get_by_role("dialog")
    hands.write(dialog.get_by_label("options"), "no json")
    hands.confirm("Yes, run it now")
    expect(dialog.get_by_text("Enter a valid JSON.")).to_be_visible()
    assert hands.is_in(dialog)

    hands.write(dialog.get_by_label("copies"), "3")
    field = dialog.get_by_label("options")
    hands.go_to(field)
    inside.keyboard.press("Control+a")
    inside.keyboard.type('{"colour": "red"}')
    hands.confirm("Yes, run it now")
    inside.wait_for_url("**/admin/tasks/taskrun/*/change/")


@keyboard
def test_the_filters_take_the_keyboard_and_give_it_back(
    inside: Page, site: str, hands: Hands
) -> None:
    make_failed_run(queue="mail")
    inside.goto(site + reverse("admin:tasks_taskrun_changelist"))
    button = inside.get_by_role("button", name="Filters")
    hands.press(button)
    filters = inside.locator("#changelist-filter")
    wait_until(lambda: hands.is_in(filters), "the filters have the keyboard")
    inside.keyboard.press("Escape")
    expect(filters).to_be_hidden()
    expect(button).to_be_focused()


@keyboard
def test_colours_are_chosen_in_the_users_menu(inside: Page, site: str, hands: Hands) -> None:
    inside.goto(f"{site}/admin/?every=0")
    hands.press(inside.locator("[x-on\\:click*=openUserLinks]"))
    hands.press(inside.get_by_role("button", name="Dark"))
    expect(inside.locator("html.dark")).to_be_attached()
    inside.keyboard.press("Escape")
    expect(inside.get_by_role("button", name="Dark")).to_be_hidden()
    expect(inside.locator("[x-on\\:click*=openUserLinks]")).to_be_focused()


@small
def test_the_menu_of_a_small_window_takes_the_keyboard_and_gives_it_back(
    inside: Page, site: str, hands: Hands
) -> None:
    inside.goto(f"{site}/admin/?every=0")
    menu = inside.get_by_role("button", name="Menu", exact=True)
    hands.press(menu)
    wait_until(lambda: hands.is_in(inside.locator("#nav-sidebar")), "the menu has the keyboard")
    inside.keyboard.press("Escape")
    expect(inside.locator("#nav-sidebar")).to_be_hidden()
    expect(menu).to_be_focused()

    hands.press(menu)
    hands.press(inside.locator("#nav-sidebar").get_by_role("link", name="Queues"))
    inside.wait_for_url("**/admin/tasks/queues/")


@small
def test_what_is_read_again_keeps_its_place(inside: Page, site: str, hands: Hands) -> None:
    make_run(RunStatus.READY, queue="mail")
    inside.goto(f"{site}/admin/tasks/queues/?every=2")
    link = inside.get_by_role("link", name="mail", exact=True)
    hands.go_to(link)
    table = inside.get_by_role("region", name="Queues")
    table.evaluate("it => { it.scrollLeft = 60 }")
    for _ in range(2):
        with inside.expect_response("**/admin/tasks/queues/**"):
            make_run(RunStatus.READY, queue="mail")
    waiting = inside.get_by_role("row").filter(has_text="mail").get_by_role("cell").nth(1)
    expect(waiting).to_have_text("3")
    expect(link).to_be_focused()
    assert table.evaluate("it => it.scrollLeft") == 60
