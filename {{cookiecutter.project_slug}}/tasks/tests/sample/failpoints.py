"""Ends a worker process at a point that a test names, once, as a power cut would."""

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from tasks.current import current
from tasks.failpoints import visit

POINT = "TEST_DIE_AT"
FLAG = "TEST_DIE_ONCE"
"""The file that says that it has happened."""


def arm() -> None:
    """Put the end of the process where the environment says."""
    if POINT in os.environ:
        POINTS[os.environ[POINT]]()
    if PLAN in os.environ:
        _arm_plan()


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


PLAN = "TEST_DIE_PLAN"
"""The file that says at which place of `tasks.failpoints` the worker of which run is to die."""
FLAGS = "TEST_DIED_AT"
"""The folder in which a file says that it has, as soon as it does."""


def plan(places: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Plan at which places a worker dies, once at each; return the environment for it.

    Each place has the run that dies there: by its id, or as any of a task, by the dotted path.
    """
    (folder / "died").mkdir()
    (folder / "plan.json").write_text(json.dumps(dict(places)))
    return {PLAN: str(folder / "plan.json"), FLAGS: str(folder / "died")}


def died(place: str, folder: Path) -> bool:
    """Whether a worker has died there as planned."""
    return (folder / "died" / place).exists()


def _arm_plan() -> None:
    places: dict[str, str] = json.loads(Path(os.environ[PLAN]).read_text())

    def die_as_planned(place: str) -> None:
        execution = current.get()
        if execution is None:
            return
        if places.get(place) not in (str(execution.claimed.id), execution.claimed.name):
            return
        try:
            (Path(os.environ[FLAGS]) / place).touch(exist_ok=False)
        except FileExistsError:
            return
        os._exit(9)

    visit(die_as_planned)

    # Not before: it brings the models with it, and the apps are only about to be ready.
    from tasks.worker import supervisor

    # Those that die here do so on purpose, and many of them: nobody has to be spared.
    supervisor.QUICK_DEATH_SECONDS = 0.0
