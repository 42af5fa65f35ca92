"""Reads the form of a page as a browser does, with what is hidden in it."""

from html.parser import HTMLParser
from typing import Any

VALUELESS = ("submit", "button", "checkbox", "radio", "file")


def form_of(page: Any) -> dict[str, Any]:
    """Return what the fields of a page's forms hold, by their names."""
    reader = _Reader()
    reader.feed(page.content.decode())
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self._text = self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "textarea":
            self._text = name
            self.fields[name] = ""
        elif tag == "select":
            self._choice = name
        elif tag == "option" and self._choice:
            # Without one that is selected, the first is.
            if "selected" in given or self._choice not in self.fields:
                self.fields[self._choice] = given.get("value") or ""
        elif tag == "input" and name and given.get("type") not in VALUELESS:
            self.fields[name] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser takes the line break off that follows the tag.
            self.fields[self._text] = self.fields[self._text].removeprefix("\n")
            self._text = ""
        elif tag == "select":
            self._choice = ""
