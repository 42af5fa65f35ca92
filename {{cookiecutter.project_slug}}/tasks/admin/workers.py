"""The list of workers: who is there, how they are, what they hold."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tasks.admin.words import NOTHING, ago, between, length, moment, short
from tasks.admin.worker_actions import WorkerActions
from tasks.control.workforce import Health, health, with_work
from tasks.models import RunStatus, TaskRun, Wish, Worker

MOST_HELD = 200
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
class WorkerAdmin(WorkerActions):
    """Every worker process that is there, or was until lately."""

    list_display = (
        "process",
        "shown_health",
        "asked_to",
        "engine",
        "shown_queues",
        "threads",
        "held",
        "at",
        "last_beat",
        "began",
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
        "wish",
        "engine",
        "shown_queues",
        "threads",
        "held",
        "last_beat",
        "started",
    )
    readonly_fields = fields
    change_form_outer_after_template: Any = "tasks/admin/held.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the runs that it is at."""
        worker: Worker | None = context.get("original")
        if worker is not None:
            context["held"] = _held(worker)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        """Add what is read of each worker, by the database's clock and one index."""
        return with_work(super().get_queryset(request))

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

    @display(description=_("Asked to"), label={str(Wish.QUIET.label): "warning"})
    def asked_to(self, worker: Worker) -> str:
        """What people ask of it, unless that is to work."""
        return "" if worker.wish == Wish.WORK else str(worker.get_wish_display())

    @display(description=_("Is at"))
    def at(self, worker: Any) -> str:
        """The task that it has been at for longest."""
        return short(worker.longest_task) if worker.longest_task else NOTHING

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

    @display(description=_("Started"), header=True)
    def began(self, worker: Worker) -> list[str]:
        """The time of its start above its day."""
        return moment(worker.started_at).split()[::-1]

    @display(description=_("Started"))
    def started(self, worker: Worker) -> str:
        """When, to the second."""
        return moment(worker.started_at)


def _held(worker: Worker) -> list[dict[str, Any]]:
    runs = TaskRun.objects.filter(worker_id=worker.pk, status=RunStatus.RUNNING)
    rows = runs.order_by("attempted_at").only("pk", "name", "queue", "attempted_at")
    return [
        {
            "id": run.pk,
            "task": short(run.name),
            "queue": run.queue,
            "since": moment(run.attempted_at),
            "for": length(_seconds(run)),
        }
        for run in rows[:MOST_HELD]
    ]


def _seconds(run: TaskRun) -> float | None:
    taken = between(run.attempted_at, timezone.now())
    return None if taken is None else taken.total_seconds()


def _health(worker: Any) -> tuple[str, str]:
    state = health(worker, worker.silence)
    return state.value, str(HEALTH[state])
