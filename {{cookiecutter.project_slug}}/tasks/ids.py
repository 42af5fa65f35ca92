"""Ids that sort by the time they were made (UUID version 7, RFC 9562 §5.7 and §6.2 method 3)."""

import os
import time
import uuid
from datetime import datetime, timedelta


def uuid7() -> uuid.UUID:
    """Return a UUID of 48 bits of milliseconds, 12 bits of their fraction and 62 random bits.

    The fraction keeps ids made by one process within a millisecond in the order they were made.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    return uuid.UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random)


def last_before(time: datetime, *, later: timedelta = timedelta()) -> uuid.UUID:
    """Return what is greater than every id made before `time` and `later`, by its maker's clock."""
    # Not as a datetime, which ends with the year 9999.
    milliseconds = int((time.timestamp() + later.total_seconds()) * 1000)
    return uuid.UUID(int=max(0, milliseconds) << 80)
