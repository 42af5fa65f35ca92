"""Writes what bodies have logged: of many attempts in one statement."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

from tasks import ledger
from tasks.ledger import AWAY
from tasks.models import LogLine

if TYPE_CHECKING:
    from tasks.lines import Line
    from tasks.worker.executing import Execution

logger = logging.getLogger("tasks")


def write_lines(executions: Iterable[Execution]) -> None:
    """Write what these attempts have logged since the last time; nothing, if that is nothing.

    Raises nothing: how a run ends matters more than what it said. What cannot be written because
    the database is away is kept for the next time.
    """
    taken = [
        (execution, execution.lines.take())
        for execution in executions
        if execution.lines is not None
    ]
    rows = [_row(execution, line) for execution, lines in taken for line in lines]
    if not rows:
        return
    try:
        ledger.write_lines(rows)
    except AWAY as error:
        _close()
        logger.warning("%d log lines cannot be written yet: %s", len(rows), error)
        for execution, lines in taken:
            if execution.lines is not None:
                execution.lines.give_back(lines)
    except DatabaseError:
        _close()
        logger.exception("%d log lines are lost", len(rows))


def _row(execution: Execution, line: Line) -> LogLine:
    claimed = execution.claimed
    return LogLine(
        run_id=claimed.id,
        attempt=claimed.attempt,
        position=line.position,
        # By the database's clock, like all else that is known of the attempt.
        logged_at=claimed.attempted_at + timedelta(seconds=line.seconds),
        level=line.level,
        logger=line.logger,
        message=line.message,
    )


def _close() -> None:
    # Inline, in a test, this is the test's own connection.
    if not connection.in_atomic_block:
        connection.close()
