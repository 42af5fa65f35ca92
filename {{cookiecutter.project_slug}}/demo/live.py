"""What the page shows of the background's work: the newest runs, orders and mails."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count
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
    def task(self) -> str:
        """The task as people say it: `emails.send` for `emails.tasks.send`."""
        return self.row.name.replace(".tasks.", ".", 1)

    @property
    def status(self) -> RunStatus:
        """The status with its label; as read from the database it is a plain string."""
        return RunStatus(self.row.status)

    @property
    def duration(self) -> timedelta | None:
        """How long the last attempt took or has taken so far; `None` while none is known."""
        if self.row.attempted_at is None:
            return None
        if self.row.finished_at is not None:
            return self.row.finished_at - self.row.attempted_at
        return self.now - self.row.attempted_at if self.status is RunStatus.RUNNING else None


@dataclass(frozen=True, kw_only=True)
class Live:
    """One look at the work."""

    runs: list[Run]
    orders: list[Order]
    mails: list[Email]
    waiting: int
    running: int
    workers: int


def look() -> Live:
    """Look at the work, in five queries. The history, which may be long, is not counted."""
    now = timezone.now()
    live = TaskRun.objects.filter(status__in=LIVE).values_list("status").annotate(Count("id"))
    numbers = Counter(dict(live))
    # The ids of runs and mails grow with time (UUIDv7), so that the newest end the primary key.
    return Live(
        runs=[Run(row=row, now=now) for row in TaskRun.objects.order_by("-id")[:NEWEST_RUNS]],
        orders=list(Order.objects.select_related("user").order_by("-id")[:NEWEST_EFFECTS]),
        mails=list(Email.objects.order_by("-id")[:NEWEST_EFFECTS]),
        waiting=numbers.total() - numbers[RunStatus.RUNNING],
        running=numbers[RunStatus.RUNNING],
        workers=Worker.objects.filter(status=WorkerStatus.ALIVE).count(),
    )
