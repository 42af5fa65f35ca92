"""The JSON texts of a row, made fit to be shown.

Whoever writes rows by hand may have left anything there. Nothing in this module raises: what cannot
be read as expected is shown as it stands, and said to be so.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tasks import registry
from tasks.masks import MASK
from tasks.sensitive import masked_arguments

MAX_CHARACTERS = 20_000
MAX_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Payload:
    """A text for a page."""

    text: str
    broken: bool = False
    """It is no JSON, and shown as it was found."""
    omitted: int = 0
    """Characters that are left out at the end."""

    @classmethod
    def of(cls, raw: str | None) -> Self | None:
        """Return `raw` indented; `None` when there is none."""
        if raw is None:
            return None
        try:
            return cls._cut(json.dumps(json.loads(raw), indent=2, ensure_ascii=False))
        except (ValueError, RecursionError):
            return cls._cut(raw, broken=True)

    @classmethod
    def of_arguments(cls, name: str, raw: str) -> Self | None:
        """Return the arguments of a run of task `name`, what is sensitive masked.

        When nobody can tell what is sensitive, all of it is.
        """
        task = registry.find(name)
        if task is not None and not task.sensitive:
            return cls.of(raw)
        try:
            args, kwargs = masked_arguments(name, *_arguments(json.loads(raw)))
        except (ValueError, RecursionError):
            return cls(MASK)
        return cls.of(json.dumps({"args": args, "kwargs": kwargs}))

    @classmethod
    def _cut(cls, text: str, *, broken: bool = False) -> Self:
        omitted = max(len(text) - MAX_CHARACTERS, 0)
        return cls(printable(text[:MAX_CHARACTERS]), broken, omitted)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that did not succeed."""

    number: str
    error: str
    """The dotted path of the exception's class."""
    message: str
    traceback: str
    worker_id: uuid.UUID | None
    started_at: datetime | None
    seconds: float | None

    @classmethod
    def of(cls, failure: dict[str, Any]) -> Self:
        """Read what `tasks.failure.Failure` has written."""
        return cls(
            number=_text(failure.get("attempt")),
            error=_text(failure.get("exception_class_path")),
            message=_text(failure.get("message")),
            traceback=_text(failure.get("traceback")),
            worker_id=_uuid(failure.get("worker_id")),
            started_at=_moment(failure.get("started_at")),
            seconds=_number(failure.get("seconds")),
        )


@dataclass(frozen=True, slots=True)
class Attempts:
    """The failed attempts of a run, newest first."""

    shown: list[Attempt]
    omitted: int = 0
    """Older ones that are left out."""
    unreadable: Payload | None = None
    """The whole text, when it is not a list of failures."""

    @classmethod
    def of(cls, raw: str) -> Self:
        """Read a row's `errors`."""
        try:
            failures = list(_failures(json.loads(raw)))
            shown = [Attempt.of(failure) for failure in reversed(failures[-MAX_ATTEMPTS:])]
        except (ValueError, RecursionError):
            return cls([], unreadable=Payload.of(raw))
        return cls(shown, omitted=len(failures) - len(shown))

    @property
    def last(self) -> Attempt | None:
        """The newest."""
        return self.shown[0] if self.shown else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HowFar:
    """How far a body says it is."""

    done: int
    total: int | None
    message: str

    @classmethod
    def of(cls, raw: str | None, *, shows_message: bool = True) -> Self | None:
        """Read a row's `progress`; `None` when there is none that can be read."""
        try:
            found = json.loads(raw or "null")
        except (ValueError, RecursionError):
            return None
        match found:
            case {"done": int(done), "total": int() | None as total} if 0 <= done < 10**15:
                message = _text(found.get("message")) if shows_message else ""
                return cls(done=done, total=total or None, message=message)
        return None

    @property
    def percent(self) -> int | None:
        """From 0 to 100; `None` when nobody knows of how much."""
        return None if self.total is None else max(0, min(100, 100 * self.done // self.total))


def printable(text: str) -> str:
    """Return `text` without halves of surrogate pairs, which no page can be encoded with."""
    return text.encode("utf-8", "backslashreplace").decode()


def _arguments(value: object) -> tuple[list[Any], dict[str, Any]]:
    match value:
        case {"args": list(args), "kwargs": dict(kwargs)}:
            return args, kwargs
    raise ValueError("not the arguments of a call")


def _failures(value: object) -> Iterator[dict[str, Any]]:
    if not isinstance(value, list):
        raise ValueError("not a list")
    for item in value:
        if not isinstance(item, dict):
            raise ValueError("not a failure")
        yield item


def _text(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return printable(text[-MAX_CHARACTERS:])


def _uuid(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e9 else None
