"""How a worker is to work, as `manage.py worker` was told."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """The options of one worker process."""

    queues: tuple[str, ...] = ()
    """Only these queues. Empty: every queue."""
    threads: int = 8
    """Plain functions that run at once."""
    coroutines: int = 100
    """`async def` functions that run at once, on one event loop."""
    drain: bool = False
    """Leave when nothing is ready."""
    solo: bool = False
    """Execute runs on their last life, one at a time, and leave when there are none."""
    grace: float = 10.0
    """Seconds that running tasks get to finish when the worker is told to stop."""
    worker_id: uuid.UUID = field(default_factory=uuid.uuid4)
    slots: Path | None = None
    """The file in which the process shows its supervisor what it is running."""
    supervisor: int | None = None
    """The process id of the supervisor: when it is gone, the worker stops."""
