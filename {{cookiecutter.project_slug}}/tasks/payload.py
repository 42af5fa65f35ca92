"""Arguments and results as JSON text: checked at the call, bounded, and the same when read back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.json import normalize_json
from django.utils.translation import gettext as _

from tasks.conf import options
from tasks.errors import ArgumentsNotJSON, ArgumentsTooLarge, ResultNotJSON


def dump_arguments(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """Return the arguments of a call of task `name` as JSON.

    Raises `ArgumentsNotJSON` or `ArgumentsTooLarge`, before anything is asked of the database.
    """
    try:
        text = _dump({"args": list(args), "kwargs": kwargs})
    except (TypeError, ValueError, RecursionError) as error:
        said = _(
            "The arguments of %(name)s cannot be written as JSON: %(error)s. Pass ids, numbers, "
            "strings, lists and dictionaries."
        )
        raise ArgumentsNotJSON(said % {"name": name, "error": error}) from error
    limit = options().max_argument_bytes
    if len(text) > limit:
        said = _(
            "The arguments of %(name)s take %(count)d bytes of JSON; at most %(most)d are allowed. "
            "Store the data and pass its id."
        )
        raise ArgumentsTooLarge(said % {"name": name, "count": len(text), "most": limit})
    return text


def dump_result(name: str, value: Any) -> str:
    """Return what a task returned as JSON. Raises `ResultNotJSON`."""
    return _dump_bounded(value, f"{name} returned a value")


def dump_state(name: str, value: Any) -> str:
    """Return what a task stores of its state as JSON. Raises `ResultNotJSON`."""
    return _dump_bounded(value, f"{name} stored a checkpoint")


# ASCII only, so that characters are bytes and no database refuses one of them.
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def _dump_bounded(value: Any, what: str) -> str:
    try:
        text = _dump(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ResultNotJSON(f"{what} that cannot be written as JSON: {error}.") from error
    limit = options().max_argument_bytes
    if len(text) > limit:
        raise ResultNotJSON(
            f"{what} of {len(text)} bytes of JSON; at most {limit} are allowed. "
            "Store the data and keep its id."
        )
    return text


def _dump(value: Any) -> str:
    return "null" if value is None else _encode(_normal(value))


def _normal(value: Any) -> Any:
    """Return what JSON can hold of a value, as Django's tasks do, or raise.

    Django lets keys pass that are no text, and JSON makes text of them: `{1: …}` would come back as
    `{"1": …}`.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    # What it is nearly always; to ask the abstract classes takes longer than all else here.
    if kind is list:
        return [_normal(item) for item in value]
    if kind is dict or isinstance(value, Mapping):
        return {_key(key): _normal(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_normal(item) for item in value]
    return normalize_json(value)


_PLAIN = frozenset({str, int, float, bool, type(None)})


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} of a dictionary is not a string")
    return key
