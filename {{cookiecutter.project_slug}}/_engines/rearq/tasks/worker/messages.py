"""What is read from the streams, on its way to the table."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tasks import streams
from tasks.calls import Call

COPY_CHARACTERS = 1000

type Found = Sequence[tuple[bytes, Sequence[tuple[bytes, dict[bytes, bytes]]]]]
"""Streams, and of each the messages."""


@dataclass(frozen=True, slots=True)
class Message:
    """A doorbell that was read: acknowledged when there is nothing left to do about it."""

    stream: bytes
    id: bytes
    run_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class CallMessage:
    """A call without a row that was read: made by whoever deletes its message."""

    stream: bytes
    id: bytes
    call: Call


@dataclass(frozen=True, slots=True)
class Stray:
    """A message that was none of ours."""

    stream: bytes
    id: bytes
    reason: str
    copy: str
    """The beginning of what it held."""


@dataclass(slots=True, eq=False)
class Reading:
    """The messages of one read, whose runs are to be claimed, and its calls without a row."""

    messages: list[Message]
    calls: list[Call]
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class Kept:
    """The messages of the runs that this process has claimed and not settled yet."""

    def __init__(self) -> None:
        self._messages: defaultdict[uuid.UUID, list[Message]] = defaultdict(list)
        self._lock = threading.Lock()

    def keep(self, messages: Iterable[Message]) -> None:
        """Keep messages until their runs are settled."""
        with self._lock:
            for message in messages:
                self._messages[message.run_id].append(message)

    def take(self, ids: Iterable[uuid.UUID]) -> list[Message]:
        """Give away the messages of these runs."""
        with self._lock:
            return [message for id_ in ids for message in self._messages.pop(id_, ())]


def sort(found: Found) -> tuple[list[Message], list[CallMessage], list[Stray]]:
    """Part what rings for a run, what is a call itself, and what is neither."""
    messages: list[Message] = []
    calls: list[CallMessage] = []
    strays: list[Stray] = []
    for stream, entries in found:
        for id_, fields in entries:
            try:
                if streams.is_of_calls(stream):
                    calls.append(CallMessage(stream, id_, streams.call_of(fields)))
                else:
                    messages.append(Message(stream, id_, streams.run_id_of(fields)))
            except streams.NoMessage as reason:
                strays.append(Stray(stream, id_, str(reason), copy_of(fields)))
    return messages, calls, strays


def copy_of(fields: dict[bytes, bytes]) -> str:
    """Return the beginning of what a message holds, as people can read it."""
    some = {key[:COPY_CHARACTERS]: value[:COPY_CHARACTERS] for key, value in fields.items()}
    return repr(some)[:COPY_CHARACTERS]
