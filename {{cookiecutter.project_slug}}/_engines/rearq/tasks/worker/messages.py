"""What is read from the streams, on its way to the table."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """A doorbell that was read: acknowledged when there is nothing left to do about it."""

    stream: bytes
    id: bytes
    run_id: uuid.UUID


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
    """The messages of one read, whose runs are to be claimed."""

    messages: list[Message]
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
