"""What the page shows of the background's work: the newest runs, orders and mails."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from emails.models import Email
from orders.models import Order
from tasks.models import LIVE, RunStatus, TaskRun, Worker, WorkerStatus

NEWEST_RUNS = 10
NEWEST_EFFECTS = 6


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as a line of the page."""

    row: TaskRun
    now: datetime

    @property
    def app(self) -> str:
        """The app that the task belongs to."""
        return self.row.name.partition(".")[0]

    @property
    def task(self) -> str:
        """The task's own name, without its module."""
        return self.row.name.rpartition(".")[2]

    @property
    def status(self) -> RunStatus:
        """The status with its label; as read from the database it is a plain string."""
        return RunStatus(self.row.status)

    @property
    def duration(self) -> timedelta | None:
        """How long the last attempt took, or has taken so far; `None` before the first."""
        if self.row.attempted_at is None:
            return None
        return (self.row.finished_at or self.now) - self.row.attempted_at


@dataclass(frozen=True, kw_only=True)
class Live:
    """One look at the work: a handful of small queries on indexed columns."""

    runs: list[Run]
    orders: list[Order]
    mails: list[Email]
    waiting: int
    running: int
    workers: int


def look() -> Live:
    """What is going on now."""
    now = timezone.now()
    # Run ids grow with time (UUIDv7), so that the newest are the last of the primary key.
    newest = TaskRun.objects.order_by("-id")[:NEWEST_RUNS]
    statuses = list(TaskRun.objects.filter(status__in=LIVE).values_list("status", flat=True))
    running = statuses.count(RunStatus.RUNNING)
    return Live(
        runs=[Run(row=row, now=now) for row in newest],
        orders=list(Order.objects.select_related("user").order_by("-id")[:NEWEST_EFFECTS]),
        mails=list(Email.objects.order_by("-id")[:NEWEST_EFFECTS]),
        waiting=len(statuses) - running,
        running=running,
        workers=Worker.objects.filter(status=WorkerStatus.ALIVE).count(),
    )
