"""The streams in Redis, named and written as ReArq does: three for each queue and kind of function.

A message is `{"job_id": <the run's id>}` and nothing else: whatever happens to it, the run's row
says what is to be done.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.conf import settings

from tasks import calls

GROUP = "workers"
"""One consumer group for all workers on all hosts: a message is for one of them."""
FIELD = b"job_id"
CALL = b"call"
CALLS = "calls:"
BANDS = (".high", "", ".low")
MOST_MESSAGES = 100_000
"""In one stream; beyond it Redis forgets the oldest, whose runs workers find in the table."""
ID_LENGTH = 32


type Field = bytes | bytearray | memoryview[int] | str | int | float
type Fields = dict[Field, Field]


class NoMessage(ValueError):
    """What was read names no run; says why."""


def key(name: str) -> str:
    """Return the name of a key in Redis, which other projects may use too."""
    return f"{settings.REDIS_PREFIX}:{name}"


def queues_key() -> str:
    """Return the name of the set of all queues that were ever rung."""
    return key("queues")


def aside_key() -> str:
    """Return the name of the stream of what was no message of ours, with the reasons."""
    return key("aside")


def stream(queue: str, *, priority: int, is_async: bool) -> str:
    """Return the name of the stream that carries such a run."""
    # Doubled, a queue's own dots cannot be taken for the one before a band.
    name = queue.replace(".", "..")
    kind = ".async" if is_async else ""
    return key(f"queue:{name}{kind}{BANDS[(priority < 0) - (priority > 0) + 1]}")


def calls_stream(queue: str, *, is_async: bool) -> str:
    """Return the name of the stream that carries a queue's calls without a row."""
    name = queue.replace(".", "..")
    return key(f"{CALLS}{name}{'.async' if is_async else ''}")


def streams(queues: Iterable[str], *, is_async: bool) -> list[str]:
    """Return all streams of these queues for one kind of function, the most urgent first."""
    names = sorted(queues)
    return [
        stream(queue, priority=priority, is_async=is_async)
        for priority in (1, 0, -1)
        for queue in names
    ]


def calls_streams(queues: Iterable[str], *, is_async: bool) -> list[str]:
    """Return the streams of these queues' calls without a row."""
    return [calls_stream(queue, is_async=is_async) for queue in sorted(queues)]


def message(run_id: uuid.UUID) -> Fields:
    """Return the message that rings for a run."""
    return {FIELD: run_id.hex}


def is_of_calls(stream: bytes) -> bool:
    """Whether a stream carries calls without a row."""
    return stream.startswith(key(CALLS).encode())


def call_message(text: str) -> Fields:
    """Return the message that carries a call."""
    return {CALL: text}


def call_of(fields: Mapping[bytes, bytes]) -> calls.Call:
    """Return the call that a message carries. Raises `NoMessage`."""
    if CALL not in fields:
        raise NoMessage("It has no call.")
    try:
        return calls.read(fields[CALL].decode("ascii"))
    except ValueError as error:
        raise NoMessage(f"It is no call: {error}.") from error


def run_id_of(fields: Mapping[bytes, bytes]) -> uuid.UUID:
    """Return the run that a message rings for. Raises `NoMessage`."""
    if FIELD not in fields:
        raise NoMessage("It has no job_id.")
    value = fields[FIELD]
    if len(value) != ID_LENGTH:
        raise NoMessage("Its job_id is not 32 hexadecimal digits.")
    try:
        return uuid.UUID(hex=value.decode("ascii"))
    except ValueError as error:
        raise NoMessage("Its job_id is not 32 hexadecimal digits.") from error
