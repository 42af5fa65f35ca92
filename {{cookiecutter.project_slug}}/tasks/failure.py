"""How one attempt that did not succeed is written down."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from traceback import format_exception, walk_tb
from types import CodeType
from typing import Self

from django.conf import settings

from tasks.errors import TimeLimitExceeded
from tasks.masks import hide

MAX_MESSAGE = 2_000
MAX_TRACEBACK = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An attempt that raised, or whose worker was lost."""

    attempt: int
    """The number of the claim."""
    exception_class_path: str
    message: str
    """At most 2,000 characters."""
    traceback: str
    """Its last 16,000 characters: the innermost frames say most."""
    worker_id: str
    started_at: str
    """ISO 8601, by the database's clock."""
    seconds: float | None
    """How long the attempt took; `None` when nobody was left to tell."""

    @classmethod
    def of(
        cls,
        error: BaseException,
        *,
        attempt: int,
        worker_id: object,
        started_at: datetime | None,
        seconds: float | None = None,
        secrets: Collection[str] = (),
    ) -> Self:
        """Describe an exception, without `secrets`. Raises nothing, whatever its `__str__` does."""
        kind = type(error)
        return cls(
            attempt=attempt,
            exception_class_path=f"{kind.__module__}.{kind.__qualname__}",
            message=_printed(error, secrets)[:MAX_MESSAGE],
            traceback=storable(hide("".join(format_exception(error)), secrets))[-MAX_TRACEBACK:],
            worker_id=str(worker_id or ""),
            started_at=started_at.isoformat() if started_at else "",
            seconds=None if seconds is None else round(seconds, 6),
        )

    def appended_to(self, errors: str) -> str:
        """Return the JSON list `errors` with this failure at its end.

        A history that somebody spoilt is given up: a run must be able to end whatever its row says.
        """
        try:
            earlier = json.loads(errors)
        except (ValueError, RecursionError):
            earlier = []
        return json.dumps([*(earlier if isinstance(earlier, list) else []), asdict(self)])


def fingerprint(name: str, error: BaseException) -> str:
    """Return 16 characters that are equal for runs of task `name` that failed in the same way.

    The same way is the same class of exception out of the same function: the innermost one that is
    the project's own. The line does not count, since any edit above it would make an old failure
    look like a new one; nor does the message, which names the order, the customer, the moment.
    """
    kind = type(error)
    parts = (name, kind.__module__, kind.__qualname__, *_place(error))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _place(error: BaseException) -> tuple[str, str]:
    """Return the file and the function of the project out of which the exception came."""
    # At its time limit a body is interrupted wherever it happens to be.
    if isinstance(error, TimeLimitExceeded):
        return "", ""
    place = "", ""
    for frame, _ in walk_tb(error.__traceback__):
        if path := _in_project(frame.f_code):
            place = path, frame.f_code.co_qualname
    return place


def _in_project(code: CodeType) -> str | None:
    """Return the path of the code's file within the project, or `None` when it is not there."""
    path = os.path.realpath(code.co_filename)
    root = os.path.realpath(settings.BASE_DIR)
    if not path.startswith(root + os.sep) or "site-packages" in path:
        return None
    return os.path.relpath(path, root)


def _printed(error: BaseException, secrets: Collection[str]) -> str:
    try:
        return storable(hide(str(error), secrets))
    except Exception as broken:  # noqa: BLE001 - whatever it is, the failure must be written
        return f"({type(error).__qualname__} whose text cannot be had: {type(broken).__qualname__})"


def storable(text: str) -> str:
    """Return it without what the database cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
