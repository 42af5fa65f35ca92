"""Hands: they press what a page offers, with a pointer or by the keyboard alone.

The keyboard goes to a thing as people do, by the Tab key from wherever it is, and never by a call.
On its way each thing must be seen to be where it is: in the window, on top, and marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import Look
from tests.conformance.harness import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Locator, Page

MOST_STEPS = 120
"""More things than any of these pages has before what is looked for."""

# Where the keyboard is: whether that is the thing that is looked for, and what is wrong with it.
LOOK = """goal => {
  const at = document.activeElement;
  if (at === null || at === document.body) return { there: false, wrong: null };
  const told = at.outerHTML.slice(0, 160);
  const box = at.getBoundingClientRect();
  const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight
    && box.right > 0 && box.left < innerWidth;
  let marked = false;
  for (let each = at, up = 0; each && up < 3; each = each.parentElement, up++) {
    const style = getComputedStyle(each);
    // Of a date, what is marked is a part of it.
    marked ||= each.type === "date"
      || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1);
  }
  const wrong = !inside ? `outside the window: ${told}` : marked ? null : `not marked: ${told}`;
  return { there: at === goal, wrong };
}"""


class Hands:
    """Those of one visitor."""

    def __init__(self, page: Page, look: Look) -> None:
        self.page = page
        self.look = look

    def press(self, target: Locator) -> None:
        """Press a button, or follow a link."""
        if self.look.keyboard:
            self.go_to(target)
            self.page.keyboard.press("Enter")
        else:
            target.click()

    def tick(self, box: Locator) -> None:
        """Tick a box."""
        if self.look.keyboard:
            self.go_to(box)
            self.page.keyboard.press("Space")
        else:
            box.click()
        expect(box).to_be_checked()

    def choose(self, select: Locator, label: str) -> None:
        """Choose one of a list, by what it says."""
        if self.look.keyboard:
            self.go_to(select)
            self.page.keyboard.type(label)
        else:
            select.select_option(label=label)
        expect(select.locator("option:checked")).to_have_text(label)

    def write(self, field: Locator, text: str) -> None:
        """Write into a field."""
        if self.look.keyboard:
            self.go_to(field)
        else:
            field.click()
        self.page.keyboard.type(text)

    def open_act(self, name: str) -> None:
        """Open the dialog of what the page offers at its top: in a menu, where there is no room."""
        offered = self.page.locator("#header-inner").get_by_role("link", name=name, exact=True)
        menu = self.page.get_by_role("button", name="Actions", exact=True)
        expect(offered.or_(menu.locator("visible=true")).first).to_be_visible()
        if not offered.is_visible():
            self.press(menu)
        self.press(offered)

    def confirm(self, name: str) -> None:
        """Say yes in the dialog. It has the keyboard, and nothing beside it does."""
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        wait_until(lambda: self.is_in(dialog), "the dialog has the keyboard")
        self.press(dialog.get_by_role("button", name=name, exact=True))

    def is_in(self, part: Locator) -> bool:
        """Whether the keyboard is in a part of the page."""
        return bool(part.evaluate("it => it.contains(document.activeElement)"))

    def go_to(self, target: Locator) -> None:
        """Go there by the Tab key."""
        expect(target).to_be_visible()
        for _ in range(MOST_STEPS):
            # Of a page that reads itself again it is another element each time.
            if self._is_at(target.element_handle()):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{self.page.url}: no Tab leads to {target}")

    def _is_at(self, goal: ElementHandle) -> bool:
        seen = self.page.evaluate(LOOK, goal)
        assert seen["wrong"] is None, f"{self.page.url}: the keyboard is {seen['wrong']}"
        return bool(seen["there"])
