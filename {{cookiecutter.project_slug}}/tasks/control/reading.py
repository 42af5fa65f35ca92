"""Runs as people and programs read them: nothing sensitive, and whatever the row holds."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tasks.masks import MASK
from tasks.models import RunStatus, TaskRun
from tasks.origin import Origin
from tasks.sensitive import masked_arguments

# Long texts that a list does not show.
HEAVY = ("arguments", "return_value", "state")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An attempt that did not succeed. See `tasks.failure.Failure`."""

    attempt: int | None
    error: str
    """The dotted path of the exception's class."""
    message: str
    traceback: str
    worker_id: str
    started_at: str
    seconds: float | None

    @classmethod
    def of(cls, failure: dict[str, Any]) -> Self:
        """Read one entry of a row's `errors`."""
        return cls(
            attempt=failure.get("attempt"),
            error=str(failure.get("exception_class_path", "")),
            message=str(failure.get("message", "")),
            traceback=str(failure.get("traceback", "")),
            worker_id=str(failure.get("worker_id", "")),
            started_at=str(failure.get("started_at", "")),
            seconds=failure.get("seconds"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as a line of a list."""

    id: uuid.UUID
    task: str
    queue: str
    status: RunStatus
    priority: int
    attempt: int
    """Starts so far."""
    spent: int
    max_attempts: int
    unique_key: str | None
    worker_id: uuid.UUID | None
    cancel_requested: bool
    enqueued_at: datetime
    run_at: datetime
    started_at: datetime | None
    attempted_at: datetime | None
    finished_at: datetime | None
    reason: str
    """Why it was cancelled, where nobody asked."""
    error: str
    """Of the newest failed attempt: the class and the message."""

    @classmethod
    def of(cls, row: TaskRun) -> Self:
        """Read a row."""
        return cls(**_fields(row))


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRun(Run):
    """All that is known of a run, but what is sensitive."""

    args: list[Any]
    kwargs: dict[str, Any]
    return_value: Any
    failures: tuple[Failed, ...]
    """Oldest first."""
    progress: Any
    expires_at: datetime | None
    fingerprint: str | None
    workflow_id: uuid.UUID | None
    group_id: uuid.UUID | None
    parent_id: str
    """The run that enqueued it; empty, like the next two, where there is none."""
    request_id: str
    """Of the HTTP request at the beginning."""
    traceparent: str
    """The trace it belongs to, as W3C's Trace Context writes it."""

    @classmethod
    def of(cls, row: TaskRun) -> Self:
        """Read a row."""
        args, kwargs = shown_arguments(row.name, row.arguments)
        came_from = Origin.read(row.headers)
        return cls(
            **_fields(row),
            args=args,
            kwargs=kwargs,
            return_value=_parsed(row.return_value),
            failures=tuple(map(Failed.of, _failures(row))),
            progress=_parsed(row.progress),
            expires_at=row.expires_at,
            fingerprint=row.fingerprint,
            workflow_id=row.workflow_id,
            group_id=row.group_id,
            parent_id=came_from.parent,
            request_id=came_from.request_id,
            traceparent=came_from.traceparent,
        )


def shown_arguments(name: str, text: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments of a call of task `name` as they may be shown.

    Where nobody can tell what is sensitive, that is none of them.
    """
    match _parsed(text):
        case {"args": list(args), "kwargs": dict(kwargs)}:
            return masked_arguments(name, args, kwargs)
    return [MASK], {}


def _fields(row: TaskRun) -> dict[str, Any]:
    failures = _failures(row)
    last = Failed.of(failures[-1]) if failures else None
    return {
        "id": row.pk,
        "task": row.name,
        "queue": row.queue,
        "status": RunStatus(row.status),
        "priority": row.priority,
        "attempt": row.attempt,
        "spent": row.spent,
        "max_attempts": row.max_attempts,
        "unique_key": row.unique_key,
        "worker_id": row.worker_id,
        "cancel_requested": row.cancel_requested,
        "enqueued_at": row.enqueued_at,
        "run_at": row.run_at,
        "started_at": row.started_at,
        "attempted_at": row.attempted_at,
        "finished_at": row.finished_at,
        "reason": row.reason,
        "error": f"{last.error}: {last.message}" if last else "",
    }


def _failures(row: TaskRun) -> list[dict[str, Any]]:
    parsed = _parsed(row.errors)
    return [each for each in parsed if isinstance(each, dict)] if isinstance(parsed, list) else []


def _parsed(text: str | None) -> Any:
    """Return a JSON value; whoever writes rows by hand may have left anything there."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
