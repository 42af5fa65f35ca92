"""The list of workers: who is there, how they are, what they hold."""

from typing import Any

from django.contrib import admin
from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tasks.admin.readonly import ReadOnlyAdmin
from tasks.admin.words import ago, moment
from tasks.models import RunStatus, TaskRun, Worker
from tasks.workforce import Health, health

HEALTH = {
    Health.OK: _("OK"),
    Health.LATE: _("Late"),
    Health.LOST: _("Lost"),
    Health.STOPPED: _("Stopped"),
}
COLOURS = {
    Health.OK.value: "success",
    Health.LATE.value: "warning",
    Health.LOST.value: "danger",
    Health.STOPPED.value: "",
}


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Every worker process that is there, or was until lately."""

    list_display = (
        "process",
        "shown_health",
        "engine",
        "shown_queues",
        "threads",
        "held",
        "last_beat",
        "started",
    )
    list_filter = ("status",)
    list_per_page = 50
    # Those alive come first, by the alphabet.
    ordering = ("status", "-started_at", "id")
    search_fields = ("host",)
    search_help_text = _("Host")
    fields = (
        "host",
        "pid",
        "health_in_words",
        "engine",
        "shown_queues",
        "threads",
        "held",
        "last_beat",
        "started",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        """Add what is read of each worker, by the database's clock and one index."""
        running = TaskRun.objects.filter(worker_id=OuterRef("pk"), status=RunStatus.RUNNING)
        counted = running.order_by().values("worker_id").annotate(number=Count("pk"))
        silence = ExpressionWrapper(Now() - F("beat_at"), output_field=DurationField())
        workers: QuerySet[Worker] = super().get_queryset(request)
        return workers.annotate(
            silence=silence, holding=Coalesce(Subquery(counted.values("number")), 0)
        )

    @display(description=_("Process"), header=True)
    def process(self, worker: Worker) -> tuple[str, str]:
        """Its host above its process id."""
        return worker.host, str(_("process %(pid)d")) % {"pid": worker.pid}

    @display(description=_("Health"), label=COLOURS)
    def shown_health(self, worker: Any) -> tuple[str, str]:
        """See `health`."""
        return _health(worker)

    @display(description=_("Health"))
    def health_in_words(self, worker: Any) -> str:
        """The same where no label can be drawn."""
        return _health(worker)[1]

    @display(description=_("Queues"))
    def shown_queues(self, worker: Worker) -> str:
        """Those it takes from."""
        return worker.queues or str(_("all"))

    @display(description=_("Runs held"))
    def held(self, worker: Any) -> int:
        """How many runs it is at."""
        holding: int = worker.holding
        return holding

    @display(description=_("Last beat"))
    def last_beat(self, worker: Any) -> str:
        """How long ago it gave a sign of life."""
        return ago(worker.silence)

    @display(description=_("Started"))
    def started(self, worker: Worker) -> str:
        """When, to the second."""
        return moment(worker.started_at)


def _health(worker: Any) -> tuple[str, str]:
    state = health(worker, worker.silence)
    return state.value, str(HEALTH[state])
