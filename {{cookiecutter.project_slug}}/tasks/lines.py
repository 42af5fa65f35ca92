"""What the body of a task logs while it runs, until it is written beside its run."""

from __future__ import annotations

import logging
import traceback
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import override

from tasks.conf import options
from tasks.current import current
from tasks.errors import TimeLimitExceeded
from tasks.failure import storable
from tasks.masks import hide

MAX_LOGGER = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record, as it is kept."""

    position: int
    """Its place within the attempt, from 0 up."""
    seconds: float
    """Since the attempt began."""
    level: int
    logger: str
    message: str
    """With the traceback below it, where there was one."""


class Lines:
    """The lines of one attempt: its first ones, and a last one that says if there were more."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = secrets
        self._count = 0
        self._unwritten: deque[Line] = deque()

    def add(self, record: logging.LogRecord, seconds: float) -> None:
        """Keep a record, cut to the lengths that the options allow and without secrets."""
        most = options().log_lines
        if self._count < most:
            self._append(seconds, record.levelno, record.name, self._text(record))
        elif self._count == most:
            self._append(
                seconds, logging.WARNING, "tasks", f"Only the first {most} lines are kept."
            )

    def waiting(self) -> bool:
        """Whether something is to be written."""
        return bool(self._unwritten)

    def take(self) -> list[Line]:
        """Return what is to be written. The body may go on meanwhile."""
        return [self._unwritten.popleft() for _ in range(len(self._unwritten))]

    def give_back(self, lines: Iterable[Line]) -> None:
        """These could not be written."""
        self._unwritten.extendleft(reversed(list(lines)))

    def _append(self, seconds: float, level: int, logger: str, message: str) -> None:
        self._unwritten.append(
            Line(
                position=self._count,
                seconds=seconds,
                level=level,
                logger=storable(logger)[:MAX_LOGGER],
                message=message,
            )
        )
        self._count += 1

    def _text(self, record: logging.LogRecord) -> str:
        most = options().log_characters
        text = self._printable(record.getMessage())[:most]
        if record.exc_info and record.exc_info[0] is not None:
            # Its end says most.
            raised = self._printable("".join(traceback.format_exception(*record.exc_info)))
            text = f"{text}\n{raised.rstrip()[-most:]}"
        return text

    def _printable(self, text: str) -> str:
        return storable(hide(text, self._secrets))


class LineKeeper(logging.Handler):
    """Keeps what is logged within a body; all else costs one look."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        execution = current.get()
        if execution is None or not execution.is_in_body:
            return
        try:
            execution.keep(record)
        except TimeLimitExceeded:
            # It is meant for the body.
            raise
        except Exception:  # noqa: BLE001 - this says so on standard error, as every handler does
            self.handleError(record)
