"""The controls of the list's filters.

They draw what is asked for and take their parameter out of the address; what they mean is read in
`tasks.admin.asked`, at once for the list, for its CSV and for what is done to all that match. No
query reads choices from the runs, but that for kinds of failure, of the newest that failed.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.tasks.base import TASK_MAX_PRIORITY, TASK_MIN_PRIORITY
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateTimeFilter, TextFilter
from unfold.contrib.filters.forms import SearchForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from tasks import registry
from tasks.admin import asked
from tasks.admin.payloads import printable
from tasks.admin.words import short
from tasks.models import RunStatus, Schedule, TaskRun, Worker
from tasks.statistics.kinds import Kind, newest_kinds

MOST_WORKERS = 50
MOST_KINDS = 25
EVER = datetime.min.replace(tzinfo=UTC)


class _Known(DropdownFilter):
    """Choices that are known beforehand.

    A value that is no choice, typed into the address, is a choice while it is chosen.
    """

    def known(self) -> list[tuple[str, str]]:
        """Return the values to choose from, with their labels."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = self.known()
        given = request.GET.get(str(self.parameter_name))
        return known if not given or given in dict(known) else [*known, (given, given)]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskRun]) -> None:
        """Leave it to `tasks.admin.asked`."""


class StatusFilter(_Known):
    """Runs with one status."""

    title = _("status")
    parameter_name = asked.STATUS

    def known(self) -> list[tuple[str, str]]:
        return [(status.value, str(status.label)) for status in RunStatus]


class TaskFilter(_Known):
    """Runs of one task."""

    title = _("task")
    parameter_name = asked.TASK

    def known(self) -> list[tuple[str, str]]:
        return [(name, f"{short(name)} ({name})") for name in registry.names()]


class QueueFilter(_Known):
    """Runs in one queue."""

    title = _("queue")
    parameter_name = asked.QUEUE

    def known(self) -> list[tuple[str, str]]:
        return [(queue, queue) for queue in sorted(registry.queues())]


class _PriorityForm(SearchForm):
    def __init__(self, name: str, label: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, label, *args, **kwargs)
        bounds = {"min": TASK_MIN_PRIORITY, "max": TASK_MAX_PRIORITY}
        self.fields[name].widget = UnfoldAdminIntegerFieldWidget(attrs=bounds)


class PriorityFilter(TextFilter):
    """Runs of one priority: what a task declares, or a call of it said otherwise."""

    title = _("priority")
    parameter_name = asked.PRIORITY
    form_class = _PriorityForm

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskRun]) -> None:
        """Leave it to `tasks.admin.asked`."""


class WorkerFilter(_Known):
    """Runs that one worker holds or held last."""

    title = _("worker")
    parameter_name = asked.WORKER

    def known(self) -> list[tuple[str, str]]:
        workers = Worker.objects.order_by("status", "-started_at")[:MOST_WORKERS]
        return [(str(worker.pk), str(worker)) for worker in workers]


class ScheduleFilter(_Known):
    """Runs that one schedule enqueued."""

    title = _("schedule")
    parameter_name = asked.SCHEDULE

    def known(self) -> list[tuple[str, str]]:
        schedules = Schedule.objects.order_by("name").values_list("pk", "name")
        return [(str(pk), name) for pk, name in schedules]


class FingerprintFilter(_Known):
    """Runs that failed in one way: the kinds of the newest failures, the most frequent first."""

    title = _("kind of failure")
    parameter_name = asked.FINGERPRINT

    def known(self) -> list[tuple[str, str]]:
        return [
            (kind.fingerprint, f"{printable(_named(kind))} ({kind.count})")
            for kind in newest_kinds(EVER, most=MOST_KINDS)
        ]


class GroupFilter(TextFilter):
    """Members of one group."""

    title = _("group")
    parameter_name = asked.GROUP

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskRun]) -> None:
        """Leave it to `tasks.admin.asked`."""


class TimeFilter(RangeDateTimeFilter):
    """Runs that were enqueued within a span of time, in the site's time zone."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskRun]) -> None:
        """Leave it to `tasks.admin.asked`: what Unfold makes of it has no time zone."""


def _named(kind: Kind) -> str:
    return f"{short(kind.error) or kind.fingerprint}, {short(kind.task)}"


FILTERS = (
    StatusFilter,
    TaskFilter,
    QueueFilter,
    PriorityFilter,
    WorkerFilter,
    ScheduleFilter,
    FingerprintFilter,
    GroupFilter,
    (asked.TIME, TimeFilter),
)
