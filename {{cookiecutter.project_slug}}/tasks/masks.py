"""Hides secrets in texts that others wrote: messages of exceptions, tracebacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "••••••"
LEAST_CHARACTERS = 4
"""Shorter ones are left: hiding every `1` would leave nothing to read, and hide little."""


def texts(value: Any) -> Iterator[str]:
    """Yield the strings and numbers in a JSON value, as text. Keys of dictionaries are names."""
    match value:
        case bool() | None:
            return
        case str() | int() | float():
            yield str(value)
        case dict():
            for item in value.values():
                yield from texts(item)
        case list() | tuple():
            for item in value:
                yield from texts(item)


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with a mask wherever one of the secrets stood, also quoted or escaped."""
    spelt = {spelling for secret in secrets for spelling in _spellings(secret)}
    # The longest first: a secret that holds another must not be left in two halves.
    for spelling in sorted(spelt, key=len, reverse=True):
        text = text.replace(spelling, MASK)
    return text


def _spellings(secret: str) -> Iterator[str]:
    # An exception group indents its lines: what has several is not found there as one.
    for part in {secret, *secret.splitlines()}:
        if len(part) < LEAST_CHARACTERS:
            continue
        yield part
        yield repr(part)[1:-1]
        yield json.dumps(part)[1:-1]
        yield json.dumps(part, ensure_ascii=False)[1:-1]
        yield quote(part, errors="replace")
        yield quote_plus(part, errors="replace")
