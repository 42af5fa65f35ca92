"""Where work comes from: the request and the trace that it belongs to, and the run that asked for
it. It travels in a run's `headers`, and on to what that run enqueues."""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from typing import Self

from tasks.current import current


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Each is empty where there is none."""

    request_id: str = ""
    """Of the HTTP request at the beginning of it all."""
    traceparent: str = ""
    """As W3C's Trace Context writes it."""
    parent: str = ""
    """The id of the run that enqueued this one."""

    @classmethod
    def read(cls, headers: str | None) -> Self:
        """Read a row's headers; whoever writes rows by hand may have left anything there."""
        if not headers:
            return cls()
        try:
            found = json.loads(headers)
        except (ValueError, RecursionError):
            return cls()
        if not isinstance(found, dict):
            return cls()
        return cls(**{name: str(found[name]) for name in NAMES if name in found})

    @property
    def trace_id(self) -> str:
        """The part of `traceparent` that is common to a whole trace."""
        return self.traceparent[3:35]

    def given(self) -> dict[str, str]:
        """Return what is not empty."""
        return {name: value for name, value in asdict(self).items() if value}


NAMES = tuple(field.name for field in fields(Origin))

origin: ContextVar[Origin | None] = ContextVar("tasks_origin", default=None)
"""Of what is enqueued here; `None`: of no request, or that of the run in whose midst this is."""


def origin_here() -> Origin | None:
    """Return where that comes from what is enqueued here."""
    found = origin.get()
    if found is None and (execution := current.get()) is not None:
        return execution.origin_of_children()
    return found


def headers(**more: str) -> str | None:
    """Return the headers of a run that is enqueued here: JSON, or `None` where there are none."""
    found = origin_here()
    if found is None and not more:
        return None
    given = more if found is None else found.given() | more
    return json.dumps(given, separators=(",", ":")) if given else None


def log_context() -> dict[str, str | int]:
    """Return what a log record of this moment belongs to: the run, and the request behind it."""
    execution = current.get()
    if execution is None:
        found = origin.get() or Origin()
        context: dict[str, str | int] = {}
    else:
        found = execution.origin()
        claimed = execution.claimed
        context = {
            "run_id": str(claimed.id),
            "task": claimed.name,
            "attempt": claimed.attempt,
            "queue": claimed.queue,
            "worker": str(claimed.worker_id),
        }
    if found.request_id:
        context["request_id"] = found.request_id
    if found.trace_id:
        context["trace_id"] = found.trace_id
    return context
