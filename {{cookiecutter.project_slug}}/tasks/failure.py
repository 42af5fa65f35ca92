"""How one attempt that did not succeed is written down."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from traceback import format_exception
from typing import Self

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
    ) -> Self:
        """Describe an exception. Raises nothing, whatever its `__str__` does."""
        kind = type(error)
        return cls(
            attempt=attempt,
            exception_class_path=f"{kind.__module__}.{kind.__qualname__}",
            message=_printed(error)[:MAX_MESSAGE],
            traceback=_storable("".join(format_exception(error)))[-MAX_TRACEBACK:],
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


def _printed(error: BaseException) -> str:
    try:
        return _storable(str(error))
    except Exception as broken:  # noqa: BLE001 - whatever it is, the failure must be written
        return f"({type(error).__qualname__} whose text cannot be had: {type(broken).__qualname__})"


def _storable(text: str) -> str:
    """Without what the database cannot hold: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
