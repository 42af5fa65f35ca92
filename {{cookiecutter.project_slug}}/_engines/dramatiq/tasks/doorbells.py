"""How runs look in Redis: a lane for each queue and priority band, a message for each doorbell.

Calls without a row have a lane for each queue, and travel in their messages. Written here without
Dramatiq, so that a web process need not import it; a test reads every message back with Dramatiq
itself.
"""

from __future__ import annotations

import json
import time
import uuid
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings

from tasks import calls

BANDS = {"high": 0, "normal": 50, "low": 100}
"""How urgent each band is to Dramatiq: the lower number first."""
CALLS = ".calls"
LONGEST_DOORBELL = 2000
"""Bytes. Ours take about 300."""


class Doorbell(NamedTuple):
    """What a message says."""

    message_id: str
    run_id: uuid.UUID


class SentCall(NamedTuple):
    """What a message is that is not about a row."""

    message_id: str
    call: calls.Call


class Malformed(Exception):
    """A message that none of ours is. Says why."""


def lane_of(queue: str, priority: int) -> str:
    """Return the name of the Dramatiq queue, and actor, for runs of a queue and priority."""
    band = "high" if priority > 0 else "low" if priority < 0 else "normal"
    return f"{_encoded(queue)}.{band}"


def lanes_of(queue: str) -> dict[str, int]:
    """Return all lanes of a queue, each with how urgent it is."""
    return {f"{_encoded(queue)}.{band}": urgency for band, urgency in BANDS.items()}


def calls_lane_of(queue: str) -> str:
    """Return the lane of a queue's calls without a row."""
    return f"{_encoded(queue)}{CALLS}"


def key(name: str) -> str:
    """Return the name of a key in Redis, which other projects may use too."""
    return f"{settings.REDIS_PREFIX}:{name}"


def bell() -> str:
    """Return the channel on which workers hear which lane to look into."""
    return key("__bell__")


def message(lane: str, run_id: uuid.UUID) -> tuple[str, str]:
    """Return the id in Redis, and the text, of a new message for a run."""
    return _message(lane, run_id.hex)


def call_message(lane: str, text: str) -> tuple[str, str]:
    """Return the id in Redis, and the text, of a new message with a call in it."""
    return _message(lane, text)


def read(lane: str, text: bytes | None) -> Doorbell:
    """Return what such a message of this lane says. Raises `Malformed` for anything else."""
    message_id, run_id = _read(lane, text, LONGEST_DOORBELL)
    try:
        return Doorbell(message_id, uuid.UUID(hex=run_id))
    except ValueError:
        raise Malformed("it names no run") from None


def read_call(lane: str, text: bytes | None) -> SentCall:
    """Return the call in such a message of this lane. Raises `Malformed` for anything else."""
    # In the message its text is text once more, with its own quotes and backslashes.
    message_id, call = _read(lane, text, 2 * calls.longest_text() + LONGEST_DOORBELL)
    try:
        return SentCall(message_id, calls.read(call))
    except calls.NoCall as error:
        raise Malformed(str(error)) from None


def _message(lane: str, argument: str) -> tuple[str, str]:
    id_ = uuid.uuid4().hex
    fields = {
        "queue_name": lane,
        "actor_name": lane,
        "args": [argument],
        "kwargs": {},
        "options": {"redis_message_id": id_},
        "message_id": id_,
        "message_timestamp": int(time.time() * 1000),
    }
    return id_, json.dumps(fields, separators=(",", ":"))


def _read(lane: str, text: bytes | None, longest: int) -> tuple[str, str]:
    """The id of a message, and its one argument."""
    if text is None:
        raise Malformed("it has no text")
    if len(text) > longest:
        raise Malformed(f"it has {len(text)} bytes")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("it is no JSON") from None
    match fields:
        case {
            "queue_name": str(queue),
            "actor_name": str(actor),
            "args": [str(argument)],
            "options": {"redis_message_id": str(message_id)},
        } if (queue, actor) == (lane, lane):
            return message_id, argument
        case {"queue_name": str(queue)} if queue != lane:
            raise Malformed("it is for another lane")
        case _:
            raise Malformed("its fields are not those of a doorbell or a call")


@lru_cache(maxsize=1000)
def _encoded(queue: str) -> str:
    """A name that Dramatiq accepts, and no other queue has: what is no letter or digit as hex."""
    return "q-" + "".join(
        character if character.isascii() and character.isalnum() else _hexadecimal(character)
        for character in queue
    )


def _hexadecimal(character: str) -> str:
    return "".join(f"_{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))
