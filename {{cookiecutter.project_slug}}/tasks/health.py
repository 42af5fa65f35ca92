"""Whether the task system as a whole is well, and if not, why not and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection

from tasks import ledger
from tasks.control.workforce import queues_of
from tasks.ledger import now
from tasks.migrated import missing
from tasks.models import Gate, GateKind, RunStatus, TaskRun, Worker, WorkerStatus
from tasks.statistics.rollups import reached

OLDEST_READY_SECONDS = 300.0
MOST_QUEUES = 1000
# A timer moves the watermark once a minute, to where it was some seconds before.
TIMER_SILENT_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong."""

    code: str
    """`database`, `migrations`, `workers`, `timer` or `backlog`."""
    text: str
    """What is wrong, and what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What was found."""

    ok: bool
    problems: tuple[Problem, ...]


def check(*, oldest_ready: float = OLDEST_READY_SECONDS) -> HealthReport:
    """Look at everything. A READY run may be overdue by so many seconds."""
    try:
        problems = _migrations() or [*_workers(), *_timer(), *_backlog(oldest_ready)]
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        problems = [Problem(code="database", text=f"The database does not answer: {reason}")]
    return HealthReport(ok=not problems, problems=tuple(problems))


def _migrations() -> list[Problem]:
    steps = missing(connection)
    if not steps:
        return []
    names = ", ".join(f"{step.app_label}.{step.name}" for step in steps[:3])
    more = f" and {len(steps) - 3} more" if len(steps) > 3 else ""
    return [
        Problem(
            code="migrations",
            text=f"Migrations are not applied: {names}{more}. Run `manage.py migrate`.",
        )
    ]


def _workers() -> list[Problem]:
    """Name the queues in which runs wait that no live worker takes from."""
    alive = Worker.objects.filter(status=WorkerStatus.ALIVE, lease_until__gt=now())
    served = [queues_of(worker) for worker in alive]
    if any(not queues for queues in served):
        return []
    unserved = sorted({*_overdue(0), *_gated_queues()}.difference(*served))
    if not unserved:
        return []
    return [
        Problem(
            code="workers",
            text=f"No live worker takes from {', '.join(unserved)}, where runs are ready. "
            "Start `manage.py worker`.",
        )
    ]


def _timer() -> list[Problem]:
    mark = reached()
    if mark is not None and now() - mark < TIMER_SILENT_AFTER:
        return []
    seen = "was ever seen" if mark is None else f"was seen since {mark:%Y-%m-%d %H:%M} UTC"
    return [Problem(code="timer", text=f"No timer {seen}. Start `manage.py timer`.")]


def _backlog(oldest_ready: float) -> list[Problem]:
    """Name the queue that is furthest behind."""
    late = _overdue(oldest_ready)
    if not late:
        return []
    queue = min(late, key=late.__getitem__)
    age = (now() - late[queue]).total_seconds()
    return [
        Problem(
            code="backlog",
            text=f"The next run in {queue} has been ready for {age:.0f} s, longer than "
            f"{oldest_ready:.0f} s. Start more workers, or look at what they do.",
        )
    ]


def _overdue(seconds: float) -> dict[str, datetime]:
    return ledger.overdue(seconds, but="", most=MOST_QUEUES)


def _gated_queues() -> set[str]:
    """Return the queues in which runs wait behind gates that nobody has shut."""
    gates = Gate.objects.filter(paused_at__isnull=False)
    paused = {kind: gates.filter(kind=kind).values("name") for kind in GateKind}
    runs = TaskRun.objects.filter(status=RunStatus.READY, gated=True)
    runs = runs.exclude(queue__in=paused[GateKind.QUEUE]).exclude(name__in=paused[GateKind.TASK])
    return set(runs.values_list("queue", flat=True).distinct())
