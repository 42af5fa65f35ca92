"""What a claim returns and what settles it."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from tasks.ids import uuid7
from tasks.models import RunStatus


@dataclass(slots=True, kw_only=True)
class Ties:
    """How a run is tied to others. See the fields of `tasks.models.TaskRun`."""

    workflow_id: uuid.UUID
    group_id: uuid.UUID | None = None
    position: int | None = None
    after_run_id: uuid.UUID | None = None
    after_group_id: uuid.UUID | None = None
    takes_result: bool = False
    regardless: bool = False
    leads: bool = False


@dataclass(slots=True, kw_only=True)
class NewRun:
    """A run to be inserted."""

    name: str
    queue: str
    priority: int
    status: RunStatus
    is_async: bool
    arguments: str = field(repr=False)
    unique_key: str | None
    max_attempts: int
    run_at: datetime | None
    """`None`: now, by the database's clock."""
    gated: bool = False
    headers: str | None = None
    expires_after: float | None = None
    """Seconds, from when it is due."""
    workflow: Ties | None = None
    """Its place in a workflow; `None` for a run of its own."""
    id: uuid.UUID = field(default_factory=uuid7)
    enqueued_at: datetime | None = None
    """Set when it was inserted."""


@dataclass(slots=True)
class Claimed:
    """One claimed run. `(id, attempt)` is the fencing token of all that is written about it."""

    id: uuid.UUID
    name: str
    queue: str
    priority: int
    arguments: str = field(repr=False)
    attempt: int
    spent: int
    crashes: int
    max_attempts: int
    errors: str
    headers: str | None
    state: str | None
    leads: bool
    """Other runs wait for it."""
    group_id: uuid.UUID | None
    """The group that waits for its end."""
    run_at: datetime
    enqueued_at: datetime
    started_at: datetime
    attempted_at: datetime
    worker_id: uuid.UUID
    gated: bool = False
    """Whether it came through a gate: its end makes room there."""
    has_row: bool = True
    """`False`: a call that the engine carried by itself. Nothing is written about it."""


# The columns of a claim before its times, in the order of the fields above.
COLUMNS = (
    "id, name, queue, priority, arguments, attempt, spent, crashes, max_attempts, errors, "
    "headers, state, leads, group_id"
)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How a claim ends. Written only if the row is still RUNNING with the same attempt."""

    id: uuid.UUID
    attempt: int
    status: RunStatus
    return_value: str | None = None
    errors: str | None = None
    """`None` leaves the failures that are written there already."""
    fingerprint: str | None = None
    """Of what FAILED: see `tasks.failure.fingerprint`."""
    delay: float | None = None
    """Seconds until it is due again, 0 to keep its place in the queue; `None`: it has ended."""
    refund: int = 0
    """1 gives the attempt back: it does not count against `max_attempts`."""
    crashes: int = 0
    """Added to the run's crashes."""
    leads: bool = False
    """Other runs wait for this one: what becomes of them is written in the same transaction."""
    group_id: uuid.UUID | None = None
    """The group that waits for this run's end."""
    written: bool = False
    """Whether it was written already, in the transaction of an atomic task."""
