"""Hears on one connection which lanes have something new, so that nobody asks Redis often."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from redis import Redis, RedisError
from redis.client import PubSub

from tasks import doorbells
from tasks.worker.outage import Outage

logger = logging.getLogger("tasks.worker")

LOOK_SECONDS = 1.0
GOOD_POLICY = "noeviction"


class Listener:
    """A thread that subscribes to the bell, again and again while Redis is away."""

    def __init__(
        self,
        client: Redis,
        outage: Outage,
        *,
        on_bell: Callable[[str], None],
        on_connected: Callable[[], None],
    ) -> None:
        self._client = client
        self._outage = outage
        self._on_bell = on_bell
        self._on_connected = on_connected
        self._stopping = threading.Event()
        self._knows_policy = False
        self._thread = threading.Thread(target=self._work, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Hear no more."""
        self._stopping.set()

    def is_listening(self) -> bool:
        """Whether the thread lives, unless it was told to stop.

        An error that is not about Redis ends it: the process then ends, too, and is replaced.
        """
        return self._stopping.is_set() or self._thread.is_alive()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (RedisError, OSError, ValueError) as error:
                # A connection that is cut while it is read from may also raise ValueError.
                self._outage.note(error)
                self._stopping.wait(LOOK_SECONDS)

    def _listen(self) -> None:
        bell: PubSub = self._client.pubsub(  # type: ignore[no-untyped-call]
            ignore_subscribe_messages=True
        )
        with bell:
            bell.subscribe(doorbells.bell())
            self._check_policy()
            # What was rung before this moment was not heard.
            self._on_connected()
            while not self._stopping.is_set():
                heard = bell.get_message(timeout=LOOK_SECONDS)
                if heard is not None:
                    self._on_bell(heard["data"].decode("utf-8", "replace"))

    def _check_policy(self) -> None:
        if self._knows_policy:
            return
        policy = self._client.info("memory").get("maxmemory_policy", GOOD_POLICY)
        self._knows_policy = True
        if policy != GOOD_POLICY:
            logger.warning(
                "Redis may throw doorbells away when its memory is full (maxmemory-policy is %s): "
                "set it to %s",
                policy,
                GOOD_POLICY,
            )
