"""What any worker or timer does for all: due runs become ready, lost ones go to others."""

import logging

from tasks import ledger
from tasks.engine import engine

logger = logging.getLogger("tasks.worker")


def promote_due_runs() -> int:
    """Make READY all scheduled runs that are due, and ring; return how many."""
    total = 0
    while promoted := promote_batch():
        total += promoted
    return total


def promote_batch() -> int:
    """The same for one batch."""
    ids = ledger.promote()
    if ids:
        engine.ring(ids)
    return len(ids)


def expire_runs() -> int:
    """Cancel all runs that were not started in time; return how many."""
    total = 0
    while expired := expire_batch():
        total += expired
    return total


def expire_batch() -> int:
    """The same for one batch."""
    expired = len(ledger.expire())
    if expired:
        logger.info("%d runs expired before they had started", expired)
    return expired


def take_back_lost_runs() -> int:
    """Declare lost the workers that are, and give their runs to others; return how many."""
    total = 0
    while taken := take_back_batch():
        total += taken
    return total


def take_back_batch() -> int:
    """The same for one batch."""
    lost = ledger.mark_lost_workers()
    if lost:
        logger.warning("%d workers were lost", lost)
    taken = ledger.take_back_lost_runs()
    if taken:
        logger.warning("%d runs of lost workers were taken back", taken)
    return taken
