"""Where claimed runs are executed: threads for plain functions, an event loop for coroutines."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue

from tasks import registry, runner
from tasks.conf import options
from tasks.ledger import Claimed
from tasks.worker.executing import Executing, Finished
from tasks.worker.slots import Slots


class ThreadPool:
    """Threads that take claims from one inbox, first come, first served."""

    def __init__(
        self, size: int, executing: Executing, slots: Slots, done: Callable[[Finished], None]
    ) -> None:
        self.size = size
        self.average_seconds = 1.0
        """How long a body takes: a moving average, which begins pessimistic."""
        self.started_at = time.monotonic()
        """When a thread last took a claim, or the first of those came that wait for one."""
        self._executing = executing
        self._slots = slots
        self._done = done
        self._inbox: SimpleQueue[Claimed] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to take claims."""
        self._threads = [
            threading.Thread(target=self._work, name=f"task-{number}", daemon=True)
            for number in range(self.size)
        ]
        for thread in self._threads:
            thread.start()

    def are_alive(self) -> bool:
        """Whether every thread lives."""
        return all(thread.is_alive() for thread in self._threads)

    def put(self, claimed: Claimed) -> None:
        """Queue a claim."""
        self.expect_start()
        self._inbox.put(claimed)

    def expect_start(self) -> None:
        """A claim comes that a thread is to begin: if it is the first, the wait begins now."""
        if not self.unstarted():
            self.started_at = time.monotonic()

    def unstarted(self) -> int:
        """Return how many claims wait for a thread."""
        return self._inbox.qsize()

    def take_unstarted(self) -> list[Claimed]:
        """Take back the claims that no thread has begun."""
        taken: list[Claimed] = []
        with suppress(Empty):
            while True:
                taken.append(self._inbox.get_nowait())
        return taken

    def execute(self, claimed: Claimed) -> None:
        """Run a claim in this thread."""
        began = self.started_at = time.monotonic()
        self._slots.enter(claimed.id, longest(claimed))
        finished = runner.run(claimed, self._executing)
        self._slots.leave(claimed.id)
        self.average_seconds += 0.1 * (time.monotonic() - began - self.average_seconds)
        self._done(finished)

    def _work(self) -> None:
        while True:
            self.execute(self._inbox.get())


def longest(claimed: Claimed) -> float | None:
    """Return the seconds that a run may take before its process is ended; `None`: any number."""
    task = registry.find(claimed.name)
    if task is None or task.time_limit is None:
        return None
    return task.time_limit + options().time_limit_grace


class LoopPool:
    """One event loop, in a thread of its own, on which `async def` tasks run side by side."""

    def __init__(
        self, size: int, executing: Executing, slots: Slots, done: Callable[[Finished], None]
    ) -> None:
        self.size = size
        self._executing = executing
        self._slots = slots
        self._done = done
        self._loop = asyncio.new_event_loop()
        self._running: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._work, name="event-loop", daemon=True)

    def start(self) -> None:
        """Start the loop, if any task is `async def`."""
        if registry.asynchronous():
            self._thread.start()

    def put(self, claimed: Claimed) -> None:
        """Begin a claim."""
        self._loop.call_soon_threadsafe(self._begin, claimed)

    def cancel_all(self, timeout: float) -> None:
        """Cancel what runs, so that its `finally` blocks do; wait for that at most so long."""
        if self._thread.is_alive():
            cancelled = asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop)
            concurrent.futures.wait([cancelled], timeout)

    def _work(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _begin(self, claimed: Claimed) -> None:
        task = self._loop.create_task(self._run(claimed))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, claimed: Claimed) -> None:
        self._slots.enter(claimed.id, longest(claimed))
        try:
            self._done(await runner.run_async(claimed, self._executing))
        finally:
            self._slots.leave(claimed.id)

    async def _cancel_all(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
