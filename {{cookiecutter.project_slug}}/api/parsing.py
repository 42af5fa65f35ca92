"""Bodies of requests: JSON that is neither endless nor bottomless."""

from __future__ import annotations

from typing import IO, Any

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
            raise TooLarge(f"A body takes at most {MOST_BYTES} bytes.")
        try:
            value = json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"This is no JSON: {error}") from error
        if _is_deep(value):
            raise ParseError(f"Values are nested at most {DEEPEST} deep.")
        return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON's")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
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
