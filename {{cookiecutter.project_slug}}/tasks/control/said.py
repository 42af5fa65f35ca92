"""What a run has said: the lines that its attempts logged, as people and programs read them."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime

from tasks.models import LogLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One line. What is sensitive was masked before it was written."""

    attempt: int
    position: int
    """Its place within the attempt, from 0 up."""
    at: datetime
    level: str
    """`INFO`, `WARNING` and so on."""
    logger: str
    message: str
    """With a traceback below it, where there was one."""


def said(
    run_id: uuid.UUID, attempt: int | None = None, *, after: int = -1, limit: int = 1000
) -> list[Said]:
    """Return the first lines of a run, or of one attempt, in order: one query.

    `after` leaves out what one has read already of an attempt, up to that position.
    """
    lines = LogLine.objects.filter(run_id=run_id)
    if attempt is not None:
        lines = lines.filter(attempt=attempt, position__gt=after)
    return [
        Said(
            attempt=line.attempt,
            position=line.position,
            at=line.logged_at,
            level=logging.getLevelName(line.level),
            logger=line.logger,
            message=line.message,
        )
        for line in lines.order_by("attempt", "position")[:limit]
    ]
