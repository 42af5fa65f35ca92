"""The parts of `manage.py tasks`: each asks the service for one thing and prints it."""

from typing import Any

from tasks.management.console.acting import CANCEL, DELETE, PROMOTE, RETRY
from tasks.management.console.gating import LIMIT, PAUSE, RESUME
from tasks.management.console.looking import LIST, SHOW
from tasks.management.console.part import Part
from tasks.management.console.permitting import ROLES
from tasks.management.console.running import PRUNE, RUN
from tasks.management.console.scheduling import SCHEDULES
from tasks.management.console.steering import QUIET, STOP, WAKE
from tasks.management.console.watching import HEALTH, QUEUES, STATS, WORKERS

PARTS: dict[str, Part[Any]] = {
    part.name: part
    for part in (
        LIST,
        SHOW,
        RETRY,
        PROMOTE,
        CANCEL,
        DELETE,
        PAUSE,
        RESUME,
        LIMIT,
        STATS,
        QUEUES,
        WORKERS,
        QUIET,
        WAKE,
        STOP,
        SCHEDULES,
        RUN,
        HEALTH,
        PRUNE,
        ROLES,
    )
}

__all__ = ["PARTS"]
