"""The Redis of the tests, disturbed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from tasks import doorbells, registry
from tests.engine.server import answers

AWAY_MILLISECONDS = 3000
REASON = "set TEST_REDIS_URL"
LANE = doorbells.lane_of("default", 0)


class RedisCarrier:
    """Touches only what begins with the prefix of these tests, but for the pause of all."""

    def __init__(self) -> None:
        self.client = Redis.from_url(settings.REDIS_URL)

    def require(self) -> None:
        """Skip the test where there is no Redis to disturb."""
        if not answers(settings.REDIS_URL):
            pytest.skip(f"no Redis answers, and there is no redis-server to start: {REASON}")

    def present(self) -> list[bytes]:
        """Everything that is there."""
        return list(self.client.scan_iter(f"{settings.REDIS_PREFIX}:*", count=1000))

    def waiting(self) -> int:
        """How many messages wait in the lanes of all queues that tasks name."""
        names = [lane for queue in registry.queues() for lane in doorbells.lanes_of(queue)]
        return sum(self._count("llen", doorbells.key(lane)) for lane in names)

    def lose_messages(self) -> int:
        """Lose all that there is; return how many messages waited or were in workers' hands."""
        self.require()
        keys = self.present()
        lost = sum(self._count("hlen", key) for key in keys if key.endswith(b".msgs"))
        if keys:
            self.client.delete(*keys)
        return lost

    def send_nonsense(self) -> int:
        """Send what is no doorbell, in every way that one may think of."""
        self.require()
        for id_, text in NONSENSE.items():
            self.send(id_, text)
        return len(NONSENSE)

    def send(self, id_: str, text: bytes | str | None, *, lane: str = LANE) -> None:
        """Send any message."""
        if text is not None:
            self.client.hset(doorbells.key(f"{lane}.msgs"), id_, text)
        self.client.rpush(doorbells.key(lane), id_)

    def aside(self) -> list[dict[str, Any]]:
        """What workers have set aside, the last first."""
        return [json.loads(note) for note in self.client.lrange(doorbells.key("__aside__"), 0, -1)]

    def _count(self, command: str, key: str | bytes) -> int:
        found = self.client.execute_command(command, key)  # type: ignore[no-untyped-call]
        return int(found)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let it answer nobody for a while."""
        self.require()
        self.client.client_pause(AWAY_MILLISECONDS, all=True)
        yield


def _changed(**fields: object) -> str:
    id_, text = doorbells.message(LANE, uuid.uuid4())
    return json.dumps(json.loads(text) | {"message_id": id_} | fields)


NONSENSE: dict[str, bytes | str | None] = {
    "not JSON": "{not JSON",
    "scalar": "5",
    "missing id": _changed(args=[]),
    "unknown id": _changed(options={"redis_message_id": "unknown id"}),
    "wrong types": _changed(args=[{"id": 7}], options=None),
    "5 MB": _changed(args=["x" * 5_000_000]),
    "old version": json.dumps({"task": "emails.tasks.send", "id": uuid.uuid4().hex, "v": 1}),
    "binary": bytes(range(256)),
    "no text": None,
    "other lane": _changed(queue_name="elsewhere"),
    "nested": "[" * 1000,
}

carrier = RedisCarrier()
