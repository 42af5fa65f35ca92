"""Bodies of requests: JSON that is neither endless nor bottomless."""

from __future__ import annotations

from json import JSONDecodeError
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils import json

from api.errors import TooLarge

MOST_BYTES = 1024 * 1024
DEEPEST = 64


class JSONParser(BaseParser):
    """REST framework's own reads whatever is sent and fails on what is nested too deeply.

    JSON is UTF-8 (RFC 8259 §8.1), whatever charset the header names.
    """

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        """Return the value. Raises `ParseError` and `TooLarge`."""
        body: bytes = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge(_("A body takes at most %(most)d bytes.") % {"most": MOST_BYTES})
        try:
            value = json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError(_why(error)) from error
        if _is_deep(value):
            raise ParseError(_too_deep())
        return value


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _why(error: Exception) -> str:
    match error:
        case JSONDecodeError():
            said = _("This is no JSON: it cannot be read at line %(line)d, column %(column)d.")
            return said % {"line": error.lineno, "column": error.colno}
        case UnicodeDecodeError():
            return _("This is no JSON: it is not in UTF-8.")
        case RecursionError():
            return _too_deep()
    return _("This is no JSON: one of its numbers is none.")


def _too_deep() -> str:
    return _("Values are nested at most %(most)d deep.") % {"most": DEEPEST}


def _is_deep(value: Any) -> bool:
    level = [value]
    for _level in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
    return []
