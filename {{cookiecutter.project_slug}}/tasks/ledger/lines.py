"""What bodies log, in rows of their own: many in one statement."""

from collections.abc import Sequence

from tasks.ledger.turns import turn_to_write
from tasks.models import LogLine

BATCH = 1000


def write_lines(lines: Sequence[LogLine]) -> None:
    """Insert them; what is there already stays, for an answer may have been lost."""
    with turn_to_write():
        LogLine.objects.bulk_create(lines, batch_size=BATCH, ignore_conflicts=True)
