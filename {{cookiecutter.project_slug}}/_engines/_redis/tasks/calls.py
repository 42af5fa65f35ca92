"""Calls without a row, as text in a message, and back. Nothing that is read is trusted."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from tasks import registry
from tasks.conf import options
from tasks.ledger import Claimed

if TYPE_CHECKING:
    from tasks.fleeting import Fleeting

ENVELOPE_BYTES = 2000
"""What a message holds besides the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that was sent."""

    id: uuid.UUID
    name: str
    queue: str
    arguments: str = field(repr=False)
    headers: str | None
    sent_at: datetime


class NoCall(ValueError):
    """A text that is no call of ours; says why."""


def longest_text() -> int:
    """Return the most characters that the text of a call may have."""
    # Every character of the arguments may have a backslash before it.
    return 2 * options().max_argument_bytes + ENVELOPE_BYTES


def write(call: Fleeting) -> str:
    """Return a call as text."""
    fields = {
        "id": call.id.hex,
        "task": call.name,
        "queue": call.queue,
        "arguments": call.arguments,
        "headers": call.headers,
        "at": timezone.now().timestamp(),
    }
    return json.dumps(fields, separators=(",", ":"))


def read(text: str) -> Call:
    """Return the call that a text is. Raises `NoCall`.

    Only a task that is declared with `durable=False` can be called like this: who can write to
    Redis must not choose among all the others.
    """
    if len(text) > longest_text():
        raise NoCall(f"it has {len(text)} characters")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise NoCall("it is no JSON") from None
    match fields:
        case {
            "id": str(id_),
            "task": str(name),
            "queue": str(queue),
            "arguments": str(arguments),
            "headers": str() | None as headers,
            "at": float() | int() as sent_at,
        }:
            pass
        case _:
            raise NoCall("its fields are not those of a call")
    _check_task(name)
    _check_arguments(arguments)
    try:
        return Call(
            id=uuid.UUID(hex=id_),
            name=name,
            queue=queue,
            arguments=arguments,
            headers=headers,
            sent_at=datetime.fromtimestamp(sent_at, UTC),
        )
    except (ValueError, OverflowError, OSError):
        raise NoCall("its id or its time is none") from None


def claim(call: Call, worker_id: uuid.UUID) -> Claimed:
    """Return the one attempt that a call has, as a worker runs it."""
    now = timezone.now()
    return Claimed(
        id=call.id,
        name=call.name,
        queue=call.queue,
        priority=0,
        arguments=call.arguments,
        attempt=1,
        spent=1,
        crashes=0,
        max_attempts=1,
        errors="[]",
        headers=call.headers,
        state=None,
        leads=False,
        group_id=None,
        run_at=call.sent_at,
        enqueued_at=call.sent_at,
        started_at=now,
        attempted_at=now,
        worker_id=worker_id,
        has_row=False,
    )


def _check_task(name: str) -> None:
    task = registry.find(name)
    if task is None:
        raise NoCall(f"no installed app declares the task {name!r:.200}")
    if task.durable:
        raise NoCall(f"the task {name} keeps a row, and is called through it alone")


def _check_arguments(arguments: str) -> None:
    try:
        match json.loads(arguments):
            case {"args": list(), "kwargs": dict()}:
                return
    except (ValueError, RecursionError):
        pass
    raise NoCall("its arguments are none")
