"""Finds sentences of English in what should be German."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

# What stands before a name in English, and behind it in German: "Benutzer löschen".
GLUED = re.compile(r"(?:Löschen|Hinzufügen|Ändern|Bearbeiten|Anzeigen|Speichern) (?!und )\w.*")
# Words without which English says nothing, and which German has not.
ENGLISH = frozenset(
    """
    about after and any are as at be because been but by can cannot did do does each every for from
    had has have he here how if into is it its itself made many may more most much must no none not
    nothing of on once one only or other our out she should some than that the their them then
    there these they this those to too under until very were what when where which who whole why
    with would you your
    """.split()  # noqa: SIM905 - it is read and not looked up
)
LEAST_WORDS = 3
# What is quoted, dotted names, names of Python and of icons, ids and dictionaries.
CODE = re.compile(r"`[^`]*`|\{.*\}|\b\w+(?:\.\w+)+|\w*_\w+|\b[0-9a-f]+(?:-[0-9a-f]+)+\b")
# Whose text is not said by us: code, what others wrote, and what is English on purpose.
SILENT = {"script", "style", "code", "pre", "kbd", "samp", "textarea", "iframe"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
SAID = {"title", "aria-label", "placeholder", "alt", "data-confirm"}


def is_english(text: str) -> bool:
    """Whether a text has the words of an English sentence."""
    words = re.findall(r"[A-Za-zÄÖÜäöüß]+(?:'[a-z]+)?", CODE.sub("", text))
    return len(words) >= LEAST_WORDS and any(word.lower() in ENGLISH for word in words)


def english_in(page: str) -> list[str]:
    """Return what a page says in English, to the eye or to a screen reader."""
    return sorted({text for text in _texts(page) if is_english(text)})


def glued_in(page: str) -> list[str]:
    """Return what a page says with German words in the order of English."""
    return sorted({text for text in _texts(page) if GLUED.fullmatch(text)})


def _texts(page: str) -> Iterator[str]:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    yield from reader.texts()


class _Reader(HTMLParser):
    """Collects the texts of a page, each as far as no block ends it."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self._said: list[str] = []

    def texts(self) -> Iterator[str]:
        for text in self._said:
            yield " ".join(text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_silent = tag in SILENT or given.get("lang") == "en"
        if not self._is_silent and not is_silent:
            self._said += [value for name, value in attrs if name in SAID and value]
        if tag not in VOID:
            self._open.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        if any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            self._said.append(data)

    @property
    def _is_silent(self) -> bool:
        return any(silent for _, silent in self._open)
