"""What others put around every enqueueing and every attempt, such as spans: nothing, by itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.failure import Failure
    from tasks.worker.executing import Execution

logger = logging.getLogger("tasks")

NOTHING = nullcontext()


class Surroundings:
    """A subclass overrides what it has a use for; none of it may raise."""

    def enqueueing(self, name: str, queue: str, count: int) -> AbstractContextManager[object]:
        """Stand around the insertion of so many runs of a task, or of a workflow."""
        return NOTHING

    def attempt(self, execution: Execution) -> AbstractContextManager[object]:
        """Stand around a body and the verdict on it."""
        return NOTHING

    def failed(self, execution: Execution, failure: Failure) -> None:
        """The body raised; what is sensitive is masked in `failure`."""

    def close(self) -> None:
        """The process ends at once, without `atexit`."""


_all: list[Surroundings] = []


def surround(with_: Surroundings) -> None:
    """Put these around all that this process enqueues and runs."""
    _all.append(with_)


def remove(surroundings: Surroundings) -> None:
    """Take them away again."""
    _all.remove(surroundings)


def enqueueing(name: str, queue: str, count: int) -> AbstractContextManager[object]:
    """Return what stands around the insertion of so many runs."""
    return _together([each.enqueueing(name, queue, count) for each in _all]) if _all else NOTHING


def attempt(execution: Execution) -> AbstractContextManager[object]:
    """Return what stands around an attempt."""
    return _together([each.attempt(execution) for each in _all]) if _all else NOTHING


def failed(execution: Execution, failure: Failure) -> None:
    """Tell all of them that a body raised."""
    for each in _all:
        each.failed(execution, failure)


def close() -> None:
    """Let all of them write what they still hold."""
    for each in _all:
        try:
            each.close()
        except Exception:
            # The process ends, whatever becomes of its spans.
            logger.exception("%s did not close", type(each).__name__)


@contextmanager
def _together(managers: list[AbstractContextManager[object]]) -> Iterator[None]:
    with ExitStack() as stack:
        for manager in managers:
            stack.enter_context(manager)
        yield
