"""Keeps a worker alive in the table, and brings in what the table has to say."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Protocol

from django.db import DatabaseError, InterfaceError, connection, connections

from tasks import ledger
from tasks.conf import options
from tasks.ledger import Pulse
from tasks.worker.executing import Executing, Execution

logger = logging.getLogger("tasks.worker")

PULSE_SECONDS = 1.0
# A beat on SQLite takes the write lock, so there it comes more rarely.
SQLITE_BEAT_SECONDS = 5.0


class Waiter(Protocol):
    """What the heart does between two pulses: it waits, and listens for a ring."""

    def open(self) -> None:
        """Begin to listen, on this thread's connection."""

    def wait(self, seconds: float) -> bool:
        """Wait for so long; return `True` at once when somebody rang."""

    def close(self) -> None:
        """Stop listening."""


class Heart:
    """A thread that beats, listens, and watches time limits and requests to stop."""

    def __init__(
        self,
        worker_id: uuid.UUID,
        executing: Executing,
        waiter: Waiter,
        *,
        on_turn: Callable[[], None],
        on_ring: Callable[[], None],
        on_pulse: Callable[[Pulse], None],
        on_hopeless: Callable[[list[Execution]], None],
    ) -> None:
        self._worker_id = worker_id
        self._executing = executing
        self._waiter = waiter
        self._on_turn = on_turn
        self._on_ring = on_ring
        self._on_pulse = on_pulse
        self._on_hopeless = on_hopeless
        self._stopping = threading.Event()
        self._listening = False
        self._next_pulse = 0.0
        self._next_beat = 0.0
        self._thread = threading.Thread(target=self._work, name="heart", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def is_beating(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop beating; return when the thread has ended."""
        self._stopping.set()
        self._thread.join(PULSE_SECONDS + 1)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._on_turn()
            try:
                self._turn()
            except (DatabaseError, InterfaceError) as error:
                logger.error("The database is away, trying again: %s", error)
                ledger.outage.note()
                self._listening = False
                connection.close()
                self._stopping.wait(PULSE_SECONDS)
        if self._listening:
            self._waiter.close()
        connections.close_all()

    def _turn(self) -> None:
        if not self._listening:
            self._waiter.open()
            self._listening = True
            self._next_pulse = 0.0
        now = time.monotonic()
        if now >= self._next_pulse:
            self._next_pulse = now + PULSE_SECONDS
            self._pulse(now)
        self._watch_time_limits()
        if self._waiter.wait(max(0.0, self._wake_at() - time.monotonic())):
            self._on_ring()

    def _pulse(self, now: float) -> None:
        is_beat = connection.vendor == "postgresql" or now >= self._next_beat
        if is_beat:
            self._next_beat = now + min(SQLITE_BEAT_SECONDS, options().lease / 4)
        self._on_pulse(ledger.pulse(self._worker_id, beat=is_beat))
        # Short tasks end before anybody could stop them: ask only for what has run for a while.
        old = self._executing.older_than(PULSE_SECONDS)
        if old:
            held = ledger.held_runs(self._worker_id)
            for execution in self._executing.compare(old, held):
                execution.tell_to_stop()

    def _watch_time_limits(self) -> None:
        hopeless = []
        for execution in self._executing.all():
            interrupt = execution.interrupt
            if interrupt is None or not interrupt.is_due():
                continue
            if interrupt.is_hopeless():
                hopeless.append(execution)
            else:
                interrupt.fire()
        if hopeless:
            self._on_hopeless(hopeless)

    def _wake_at(self) -> float:
        """Return when to look again: at the next pulse, or at the next time limit before it."""
        deadlines = [
            execution.interrupt.next_at()
            for execution in self._executing.all()
            if execution.interrupt is not None
        ]
        return min([self._next_pulse, *deadlines])
