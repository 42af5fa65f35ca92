"""Schedules: when each runs next, what became of its ticks, and the switch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tasks import reasons, schedules
from tasks.admin.payloads import Payload
from tasks.admin.schedule_actions import ScheduleActions
from tasks.admin.schedule_form import AFTER_ARGUMENTS, BEFORE_ARGUMENTS, ScheduleForm
from tasks.admin.words import length, moment, short
from tasks.errors import InvalidSchedule
from tasks.ledger import now
from tasks.models import Schedule, ScheduleTick, TaskRun, TickStatus
from tasks.permissions import VIEW_ARGUMENTS
from tasks.schedules import zones
from tasks.schedules.rules import Rule, next_ticks
from tasks.schedules.wording import in_words

LAST_TICKS = 25
NEXT_TICKS = 5
ON, OFF = "on", "off"
STATES = {ON: _("On"), OFF: _("Off")}
COLOURS = {ON: "success", OFF: ""}
TICK_COLOURS: dict[str, str] = {TickStatus.ENQUEUED: "success", TickStatus.MISSED: "warning"}


@admin.register(Schedule)
class ScheduleAdmin(ScheduleActions):
    """Those that the code declares are only switched here; others are made and changed."""

    form = ScheduleForm
    list_display = ("titled", "rule", "next", "last", "state", "origin")
    list_filter = ("enabled", "from_code")
    list_per_page = 50
    ordering = ("name",)
    search_fields = ("name", "task")
    search_help_text = _("Name or task")
    change_form_outer_after_template: Any = "tasks/admin/ticks.html"

    # What is shown.

    @display(description=_("Schedule"), header=True, ordering="name")
    def titled(self, schedule: Schedule) -> tuple[str, str]:
        """Its name above its task, if they differ."""
        if schedule.name == schedule.task:
            return short(schedule.name), schedule.name
        return schedule.name, schedule.task

    @display(description=_("Rule"), header=True)
    def rule(self, schedule: Schedule) -> tuple[str, str]:
        """When it is due, in words above the expression."""
        if schedule.every_seconds is not None:
            return str(_("every %(length)s")) % {"length": length(schedule.every_seconds)}, ""
        return _in_words(schedule), f"{schedule.cron} · {schedule.timezone}"

    @display(description=_("Next"), ordering="next_at")
    def next(self, schedule: Schedule) -> str:
        """When it is due next, in the site's time zone."""
        return moment(schedule.next_at if schedule.enabled else None)

    @display(description=_("Last"), ordering="last_at")
    def last(self, schedule: Schedule) -> str:
        """The last tick that was enqueued."""
        return moment(schedule.last_at)

    @display(description=_("State"), label=COLOURS, ordering="enabled")
    def state(self, schedule: Schedule) -> tuple[str, str]:
        """Whether it is on."""
        state = ON if schedule.enabled else OFF
        return state, str(STATES[state])

    @display(description=_("From code"), boolean=True, ordering="from_code")
    def origin(self, schedule: Schedule) -> bool:
        """Whether it is declared beside its task."""
        return schedule.from_code

    @display(description=_("Arguments"))
    def shown_arguments(self, schedule: Schedule) -> str:
        """What every run gets."""
        payload = Payload.of_arguments(schedule.task, schedule.arguments)
        return format_html('<pre class="tasks-indented">{}</pre>', payload.text) if payload else ""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        schedule: Schedule | None = context.get("original")
        if schedule is not None:
            context["ticks"] = _last_ticks(schedule)
            context["coming"] = _next_ticks(schedule)
            context["in_words"] = _in_words(schedule)
            # Of a declared one nothing but its switch is saved: that makes no other.
            context["show_save_and_add_another"] = not schedule.from_code
        return super().render_change_form(request, context, *args, **kwargs)

    # What may be changed.

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if self._is_open(request, obj):
            arguments = ["args", "kwargs"]
        else:
            arguments = ["shown_arguments"] if request.user.has_perm(VIEW_ARGUMENTS) else []
        return [*BEFORE_ARGUMENTS, *arguments, *AFTER_ARGUMENTS]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        is_new = obj is None
        switch = [] if is_new or self.has_switch_permission(request) else ["enabled"]
        if self._is_open(request, obj):
            return switch
        return [name for name in self.get_fields(request, obj) if name != "enabled"] + switch

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What the code declares would come back: it is switched off instead."""
        is_ours = obj is None or not obj.from_code
        return is_ours and super().has_delete_permission(request, obj)

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Name the schedules only: their ticks may be a million."""
        kept = any(not self.has_delete_permission(request, schedule) for schedule in objs)
        names = [str(schedule) for schedule in objs]
        verbose = str(self.opts.verbose_name_plural)
        return names, {verbose: len(names)}, {verbose} if kept else set(), []

    def save_model(
        self,
        request: HttpRequest,
        obj: Any,
        form: Any,
        change: bool,
    ) -> None:
        if obj.from_code:
            schedules.switch(obj, on=obj.enabled)
        else:
            schedules.save(obj)

    def _is_open(self, request: HttpRequest, schedule: Schedule | None) -> bool:
        if schedule is None:
            return True
        return not schedule.from_code and self.has_change_permission(request, schedule)


def _in_words(schedule: Schedule) -> str:
    try:
        Rule.of(schedule)
    except InvalidSchedule as error:
        return str(error)
    return in_words(schedule.cron) if schedule.cron else ""


def _next_ticks(schedule: Schedule) -> list[dict[str, str]]:
    """Return the next times, in the schedule's own zone and in the site's."""
    try:
        rule = Rule.of(schedule)
        coming = next_ticks(rule, now(), NEXT_TICKS)
    except InvalidSchedule:
        return []
    zone = zones.zone(schedule.timezone)
    return [
        {"own": f"{tick.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}", "here": moment(tick)}
        for tick in coming
    ]


def _last_ticks(schedule: Schedule) -> list[dict[str, Any]]:
    """Return the newest ticks as the page shows them. Runs are forgotten one day: no link then."""
    ticks = list(ScheduleTick.objects.filter(schedule=schedule).order_by("-tick")[:LAST_TICKS])
    runs = TaskRun.objects.filter(pk__in=[tick.run_id for tick in ticks if tick.run_id])
    known = set(runs.values_list("pk", flat=True))
    return [
        {
            "tick": moment(tick.tick),
            "status": tick.get_status_display(),
            "colour": TICK_COLOURS[tick.status],
            "count": tick.count,
            "reason": reasons.told(tick.reason),
            "run_id": tick.run_id,
            "is_known": tick.run_id in known,
        }
        for tick in ticks
    ]
