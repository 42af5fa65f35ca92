"""What any worker or timer does for all: due runs become ready, lost ones go to others."""

import logging
import uuid

from tasks import ledger
from tasks.engine import engine

logger = logging.getLogger("tasks.worker")


def promote_due_runs() -> int:
    """Make READY all scheduled runs that are due, and ring; return how many."""
    total = 0
    while ids := ledger.promote():
        engine.ring(ids)
        total += len(ids)
    return total


def expire_runs() -> int:
    """Cancel all runs that were not started in time; return how many."""
    total = 0
    while ids := ledger.expire():
        total += len(ids)
    if total:
        logger.info("%d runs expired before they had started", total)
    return total


def take_back_lost_runs() -> int:
    """Declare lost the workers that are, and give their runs to others; return how many."""
    lost = ledger.mark_lost_workers()
    if lost:
        logger.warning("%d workers were lost", lost)
    total = 0
    while taken := ledger.take_back_lost_runs():
        total += taken
    if total:
        logger.warning("%d runs of lost workers were taken back", total)
        engine.ring([])
    return total


def bury(worker_id: uuid.UUID, started: set[uuid.UUID], *, reason: str) -> int:
    """Give away at once what a worker held whose process was seen to end; return how many.

    `started` names the runs it was executing: they count a crash, for that `reason`; the others
    go back as if they had never been claimed.
    """
    ledger.mark_worker_lost(worker_id)
    total = 0
    while taken := ledger.take_back_lost_runs(worker_id=worker_id, started=started, reason=reason):
        total += taken
    if total:
        engine.ring([])
    return total
