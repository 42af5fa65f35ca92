"""What a mail says that must not lie in the outbox, such as a link that sets a new password.

The row holds a mark in its place and says who knows the secret. It is written in while the mail is
handed over, and not before: who reads the table, a backup or the admin does not get it.

An app registers its writers when it is ready:

    register("password-reset", link_of)
"""

from collections.abc import Callable

from django.utils.html import escape

from emails.errors import Outdated
from emails.models import Email

MARK = "[[secret]]"
"""Stands in the templates, as `secret`, and in the row."""
COVER = "•••••"
"""What people see of it in the admin."""

_writers: dict[str, Callable[[str], str]] = {}


def register(name: str, write: Callable[[str], str]) -> None:
    """Have a kind of secret written by a function of what identifies it.

    It returns the same text each time, and raises `Outdated` when that is of no use any more.
    """
    _writers[name] = write


def reveal(email: Email) -> tuple[str, str]:
    """Return the text and the HTML as they are sent. Raises `Outdated`."""
    if not email.secret:
        return email.text, email.html
    name, _, of = email.secret.partition(":")
    if name not in _writers:
        raise Outdated(f"No installed app writes the secret {name!r} any more.")
    secret = _writers[name](of)
    return email.text.replace(MARK, secret), email.html.replace(MARK, escape(secret))


def cover(text: str) -> str:
    """Return what people may see of a mail in the outbox."""
    return text.replace(MARK, COVER)
