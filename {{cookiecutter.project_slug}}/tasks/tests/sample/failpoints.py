"""Ends a worker process at a point that a test names, once, as a power cut would."""

import os
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

POINT = "TEST_DIE_AT"
FLAG = "TEST_DIE_ONCE"
"""The file that says that it has happened."""


def arm() -> None:
    """Put the end of the process where the environment says."""
    if POINT in os.environ:
        POINTS[os.environ[POINT]]()


def _die() -> None:
    try:
        Path(os.environ[FLAG]).touch(exist_ok=False)
    except FileExistsError:
        return
    os._exit(9)


def _before(module: str, name: str, *, if_: Callable[..., Any] = lambda *_: True) -> None:
    function = getattr(import_module(module), name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if if_(*args):
            _die()
        return function(*args, **kwargs)

    setattr(import_module(module), name, dying)


def _after(module: str, name: str) -> None:
    function = getattr(import_module(module), name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        _die()
        return result

    setattr(import_module(module), name, dying)


def _has_news(followed: Any) -> bool:
    return bool(followed.ready or followed.groups)


POINTS: dict[str, Callable[[], None]] = {
    "settled and not released": partial(_before, "tasks.ledger.settle", "follow"),
    "committed and nobody told": partial(
        _before, "tasks.ledger.settle", "look_after_commit", if_=_has_news
    ),
    "ended and not committed": partial(_after, "tasks.ledger.groups", "_move_followers"),
    "ended and nobody told": partial(_before, "tasks.ledger.groups", "ring_after_commit", if_=bool),
}
