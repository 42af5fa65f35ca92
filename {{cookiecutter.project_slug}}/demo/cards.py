"""The four cards of the page: a pattern each, the button that does the real thing, and those that
break it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from demo import actions


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button, what it does, and the end of its address."""

    name: str
    label: str | Promise
    press: Callable[[], str]
    """Does it and tells what was done. Raises `actions.Refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One pattern."""

    name: str
    """That of its page below `docs/patterns/`."""
    title: str | Promise
    text: str | Promise
    button: Button
    breaks: tuple[Button, ...]

    @property
    def page(self) -> Path | None:
        """Its page of the documentation, which container images leave out."""
        page = Path(settings.BASE_DIR) / "docs" / "patterns" / f"{self.name}.md"
        return page if page.exists() else None

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All of them."""
        return (self.button, *self.breaks)


CARDS = (
    Card(
        name="emails",
        title=_("E-mail"),
        text=_(
            "Stores a user, the welcome mail and the task that sends it in one transaction. "
            "A worker sends it, once."
        ),
        button=Button(name="register", label=_("Register a customer"), press=actions.welcome),
        breaks=(
            Button(
                name="register-without-mail",
                label=_("Stop the mail server"),
                press=actions.welcome_without_mail,
            ),
        ),
    ),
    Card(
        name="orders",
        title=_("Order"),
        text=_(
            "A worker sets the goods aside, charges the card, confirms the order and mails the "
            "customer. Whatever happens on the way, the card is charged once."
        ),
        button=Button(name="order", label=_("Place an order"), press=actions.order),
        breaks=(
            Button(name="order-twice", label=_("Order twice"), press=actions.order_twice),
            Button(
                name="order-declined", label=_("Decline the card"), press=actions.order_declined
            ),
            Button(
                name="order-unanswered",
                label=_("Lose the bank's answer"),
                press=actions.order_unanswered,
            ),
            Button(
                name="order-killed",
                label=_("Kill the worker"),
                press=actions.order_and_kill,
            ),
        ),
    ),
    Card(
        name="exports",
        title=_("Export"),
        text=_(
            "Thousands of orders become a file, a chunk at a time. A worker that dies costs one "
            "chunk; the next goes on from there."
        ),
        button=Button(name="export", label=_("Export the orders"), press=actions.export),
        breaks=(
            Button(name="export-killed", label=_("Kill the worker"), press=actions.export_and_kill),
        ),
    ),
    Card(
        name="cleanup",
        title=_("Cleanup"),
        text=_(
            "Leaves thousands of expired sessions behind and deletes them in short transactions "
            "that nobody has to wait for."
        ),
        button=Button(name="clean", label=_("Clean up"), press=actions.clean_up),
        breaks=(
            Button(
                name="clean-twice", label=_("Two cleaners at once"), press=actions.clean_up_twice
            ),
            Button(
                name="clean-killed", label=_("Kill the worker"), press=actions.clean_up_and_kill
            ),
        ),
    ),
)


def pressed(name: str) -> tuple[Card, Button]:
    """Return a button by the end of its address, and its card. Raises `LookupError`."""
    for card, button in _all():
        if button.name == name:
            return card, button
    raise LookupError(name)


def _all() -> Iterator[tuple[Card, Button]]:
    return ((card, button) for card in CARDS for button in card.buttons)
