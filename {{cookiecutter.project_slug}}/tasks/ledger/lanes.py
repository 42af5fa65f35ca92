"""Where READY runs wait, and which of them a claim takes."""

from dataclasses import dataclass

from tasks.conf import options

# A run that has not started by the time it expires never will (see `expire()`).
STILL_GOOD = "(expires_at IS NULL OR started_at IS NOT NULL OR expires_at > {now})"
PAUSED_TASKS = "SELECT name FROM tasks_gate WHERE kind = 'TASK' AND paused_at IS NOT NULL"
SHUT_QUEUES = """SELECT name FROM tasks_gate
    WHERE kind = 'QUEUE' AND (paused_at IS NOT NULL OR max_running IS NOT NULL)"""


@dataclass(frozen=True, slots=True)
class Lane:
    """Which of the READY runs of a queue a claim takes."""

    where: str
    open: bool
    """Whether only queues are asked that nothing holds back."""
    name: str | None = None


FREE = Lane("NOT gated", open=True)
"""What no gate stands before."""


def last_life() -> int:
    """Return from how many crashes on a run is executed alone, in a process of its own.

    A run that was there when workers died may be the reason or a neighbour. Alone it can only harm
    itself, so that no neighbour is ever failed for what another run did.
    """
    return max(1, options().max_crashes - 1)


def on_which_life(suspects: bool | None) -> str:
    """Return the SQL condition; it says `crashes > 0` where the index of the few does."""
    if suspects is None:
        return "true"
    return f"crashes > 0 AND crashes >= {last_life()}" if suspects else f"crashes < {last_life()}"
