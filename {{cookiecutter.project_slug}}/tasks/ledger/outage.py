"""When this process could not reach the database: then the others could not either."""

import math
import time

from tasks.conf import options

# What others need to come back, too: the pauses of a pool of connections between two tries, and
# `connect_timeout`.
BACK_WITHIN_SECONDS = 10.0


def grace() -> float:
    """Return for how many seconds after an outage nobody is lost: never less than a lease, which
    all that were silent would have had without it."""
    return max(BACK_WITHIN_SECONDS, options().lease)


class Outage:
    """The last one, or the present one."""

    def __init__(self) -> None:
        self._goes_on = False
        self._ended_at = -math.inf

    def note(self) -> None:
        """The database was just found to be away."""
        self._goes_on = True

    def note_answer(self) -> None:
        """The database has just answered."""
        if self._goes_on:
            self._goes_on = False
            self._ended_at = time.monotonic()

    def is_recent(self) -> bool:
        """Whether others may still be on their way back, and their silence means nothing."""
        return self._goes_on or time.monotonic() - self._ended_at < grace()


outage = Outage()
