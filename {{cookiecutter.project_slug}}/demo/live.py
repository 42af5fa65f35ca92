"""What the page shows of the background's work: the newest runs, and what they brought about."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone

from cleanup.cleaners import find
from demo.archive import ARCHIVIST
from demo.mail import stopped_for
from demo.sandbox.client import Movement, Sandbox
from emails.models import Email
from exports.models import Export, Progress
from exports.states import ExportState
from orders.charges import key_of
from orders.models import Order
from orders.payments import OutcomeUnknown, ProviderUnavailable, payment_provider
from tasks.models import LIVE, RunStatus, Schedule, TaskRun, Worker, WorkerStatus

logger = logging.getLogger(__name__)

NEWEST_RUNS = 10
NEWEST_EFFECTS = 6
NEWEST_FILES = 4


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
    def percent(self) -> int | None:
        """How far the body says it is; `None` when it says nothing, or not of how much."""
        far = self.row.how_far
        if far is None or not far.total or self.status is RunStatus.SUCCESSFUL:
            return None
        return min(100, 100 * far.done // far.total)

    @property
    def done(self) -> int | None:
        """How many the body says it has done; `None` when it says nothing."""
        far = self.row.how_far
        return None if far is None else far.done

    @property
    def duration(self) -> timedelta | None:
        """How long the last attempt took or has taken so far; `None` while none is known."""
        if self.row.attempted_at is None:
            return None
        if self.row.finished_at is not None:
            return self.row.finished_at - self.row.attempted_at
        return self.now - self.row.attempted_at if self.status is RunStatus.RUNNING else None


@dataclass(frozen=True, kw_only=True)
class Sale:
    """An order as a line of the page, with what the bank's books say of it."""

    row: Order
    charge: Movement | None
    """`None` when the bank knows of none, or does not answer."""

    @property
    def charges(self) -> int:
        """How often the card was charged."""
        return int(self.charge is not None and self.charge.status == "succeeded")


@dataclass(frozen=True, kw_only=True)
class File:
    """An export as a line of the page."""

    row: Export
    progress: Progress

    @property
    def status(self) -> ExportState:
        """The state with its label."""
        return self.row.status


@dataclass(frozen=True, kw_only=True)
class Live:
    """One look at the work."""

    runs: list[Run]
    orders: list[Sale]
    mails: list[Email]
    files: list[File]
    sessions: int
    """Expired ones that are not deleted yet."""
    mail_stopped_for: float
    """Seconds."""
    waiting: int
    running: int
    workers: int


def look() -> Live:
    """Look at the work, in seven queries. The history, which may be long, is not counted."""
    now = timezone.now()
    live = TaskRun.objects.filter(status__in=LIVE).values_list("status").annotate(Count("id"))
    numbers = Counter(dict(live))
    # The ids of runs and mails grow with time (UUIDv7), so that the newest end the primary key.
    return Live(
        runs=[Run(row=row, now=now) for row in _runs_of_people()[:NEWEST_RUNS]],
        orders=_sales(),
        mails=list(Email.objects.order_by("-id")[:NEWEST_EFFECTS]),
        files=[
            File(row=export, progress=export.progress(now))
            for export in Export.objects.order_by("-id")[:NEWEST_FILES]
        ],
        sessions=find("sessions").old().count(),
        mail_stopped_for=stopped_for(),
        waiting=numbers.total() - numbers[RunStatus.RUNNING],
        running=numbers[RunStatus.RUNNING],
        workers=Worker.objects.filter(status=WorkerStatus.ALIVE).count(),
    )


def _runs_of_people() -> QuerySet[TaskRun]:
    """The newest runs, without those that only the clock asks for: they would hide all others."""
    by_clock = Schedule.objects.values("task")
    return TaskRun.objects.exclude(name__in=by_clock).order_by("-id")


def _sales() -> list[Sale]:
    """The newest orders, and what the bank tells of them."""
    orders = Order.objects.exclude(user__email=ARCHIVIST).select_related("user").order_by("-id")
    provider = payment_provider()
    books: dict[str, Movement] = {}
    if isinstance(provider, Sandbox):
        try:
            books = {charge.key: charge for charge in provider.charges()}
        except (ProviderUnavailable, OutcomeUnknown) as error:
            logger.warning("The sandbox does not show its books: %s", error)
    return [Sale(row=order, charge=books.get(key_of(order))) for order in orders[:NEWEST_EFFECTS]]
