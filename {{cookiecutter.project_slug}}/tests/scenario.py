"""What the sweeps over all places to die play: for each place somebody who comes by, and the end.

An app plays what comes by its own places in `<app>/tests/scenarios.py`, by the word that the names
of the places begin with:

    @run("order")
    def _order(stage: Stage, what: str) -> Run:

An end without an accident and one with it must read the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from pytest_django import Settings

from emails.tests.witness import Witness as MailServer
from tasks.models import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that comes by, and how to see what came of it."""

    who: str
    """The run's id; of a run that another one enqueues, the dotted path of its task."""
    end: Callable[[], Any]
    """Says how all is afterwards, outside and inside."""
    status: RunStatus = RunStatus.SUCCESSFUL
    attempts: int = 2
    """At least so many, when a worker has died once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person asks the site for, once more when there was no answer."""

    send: Callable[[], object]
    end: Callable[[], Any]


@dataclass(slots=True)
class Stage:
    """What the scenarios of one pass share."""

    server: MailServer
    settings: Settings
    environment: dict[str, str] = field(default_factory=dict)
    """What the workers find in theirs."""
    on_exit: ExitStack = field(default_factory=ExitStack)
    """What is cleared away afterwards."""
    _made: dict[object, object] = field(default_factory=dict)

    def once[T](self, make: Callable[[Stage], T]) -> T:
        """Make what several scenarios share, once a pass."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(T, self._made[make])


def has_effects_elsewhere(class_: type, *methods: str) -> None:
    """Name methods that have others do something."""
    _outside.extend((class_, method) for method in methods)


def outside() -> list[tuple[type, str]]:
    """Return all that were named."""
    _load()
    return _outside


def forgotten_by(forget: Callable[[], None]) -> None:
    """Name who has to forget what a pass has done elsewhere that was rolled back."""
    _forgetting.append(forget)


def forget() -> None:
    """Forget what a pass has done that was rolled back."""
    for one in _forgetting:
        one()


type Play[T] = Callable[[Stage, str], T]

_runs: dict[str, Play[Run]] = {}
_requests: dict[str, list[Play[Request]]] = defaultdict(list)
_impossible: dict[str, Callable[[], str]] = {}
_outside: list[tuple[type, str]] = []
_forgetting: list[Callable[[], None]] = []


def run(kind: str, *, unless: Callable[[], str] | None = None) -> Callable[[Play[Run]], Play[Run]]:
    """Have a function make the runs that come by the places of a kind.

    `unless` says why that is impossible on this machine, if it is.
    """
    if unless is not None:
        _impossible[kind] = unless
    return lambda play: _runs.setdefault(kind, play)


def request(kind: str) -> Callable[[Play[Request]], Play[Request]]:
    """Have a function make requests that come by the places of a kind, beside those of others."""

    def note(play: Play[Request]) -> Play[Request]:
        _requests[kind].append(play)
        return play

    return note


def come_by_runs(places: list[str]) -> list[str]:
    """Return those of the places that runs come by."""
    _load()
    return [place for place in places if _kind(place) in _runs]


def possible(places: list[str]) -> list[str]:
    """Return those of the places that somebody can come by on this machine."""
    reasons = {kind: unless() for kind, unless in _impossible.items()}
    return [place for place in places if not reasons.get(_kind(place))]


def come_by_requests(places: list[str]) -> list[tuple[str, int]]:
    """Return those of the places that requests come by: each with the number of each who does."""
    _load()
    return [
        (place, number)
        for place in places
        for number in range(len(_requests.get(_kind(place), ())))
    ]


def run_by(place: str, stage: Stage) -> Run:
    """Make a run that comes by the place."""
    return _runs[_kind(place)](stage, place.partition(": ")[2])


def request_by(place: str, number: int, stage: Stage) -> Request:
    """Make the request of this number that comes by the place."""
    return _requests[_kind(place)][number](stage, place.partition(": ")[2])


def _kind(place: str) -> str:
    return place.partition(": ")[0]


def _load() -> None:
    base = Path(settings.BASE_DIR)
    for file in sorted(base.glob("*/tests/scenarios.py")):
        import_module(".".join(file.relative_to(base).with_suffix("").parts))
