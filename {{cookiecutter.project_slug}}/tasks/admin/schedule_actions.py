"""What may be done about schedules: run one now, switch some on and off."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from tasks.admin.asking import AsksFirst, Named, Question, action
from tasks.errors import ArgumentsDoNotFit, InvalidSchedule, UniqueRunExists, UnknownTask
from tasks.models import Schedule
from tasks.permissions import RUN_SCHEDULES, SWITCH_SCHEDULES
from tasks.service import service

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


def _named(schedule: Schedule) -> Named:
    return Named(
        schedule.name, schedule.task, gettext("On") if schedule.enabled else gettext("Off")
    )


ON = Question(
    title=ngettext_lazy("Switch %(count)d schedule on?", "Switch %(count)d schedules on?", "count"),
    explanation=_("It begins with its next tick; what it has missed stays missed."),
    button=_("Switch on"),
    applies=lambda schedule: not schedule.enabled,
    name=_named,
)
OFF = Question(
    title=ngettext_lazy(
        "Switch %(count)d schedule off?", "Switch %(count)d schedules off?", "count"
    ),
    explanation=_("It enqueues nothing more, also after the next deployment."),
    button=_("Switch off"),
    variant=ActionVariant.DANGER,
    applies=lambda schedule: schedule.enabled,
    name=_named,
)


class ScheduleActions(AsksFirst):
    """Offers them to those who may."""

    actions = ("switch_selected_on", "switch_selected_off")
    actions_detail: Any = ("run_now", "switch_on", "switch_off")

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see schedules and run them."""
        may_run = request.user.has_perm(RUN_SCHEDULES)
        return may_run and self.has_view_permission(request)

    def has_switch_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see schedules and switch them on and off."""
        may_switch = request.user.has_perm(SWITCH_SCHEDULES)
        return may_switch and self.has_view_permission(request)

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Return what the user may do, and one side of the switch."""
        schedule = self.get_object(request, str(object_id))
        if schedule is None:
            return []
        useless = "tasks_schedule_switch_on" if schedule.enabled else "tasks_schedule_switch_off"
        allowed = super().get_actions_detail(request, object_id)
        return [each for each in allowed if each.action_name != useless]

    @action(
        description=_("Run now"),
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        permissions=["run"],
        dialog={
            "title": _("Run this schedule's task now?"),
            "description": _("One run more, due at once. The next tick stays when it is."),
            "form_submit_text": _("Yes, run it now"),
        },
    )
    def run_now(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Enqueue one run."""
        schedule = get_object_or_404(_numbered(object_id))
        try:
            id_ = service.run_schedule(schedule.name, by=_user(request))
        except (UnknownTask, ArgumentsDoNotFit, InvalidSchedule, UniqueRunExists) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Run %(id)s is due.") % {"id": id_})
        return _back(request, object_id)

    @action(
        description=_("Switch on"),
        icon="toggle_on",
        permissions=["switch"],
        dialog={
            "title": _("Switch this schedule on?"),
            "description": ON.explanation,
            "form_submit_text": _("Yes, switch it on"),
        },
    )
    def switch_on(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Switch the schedule of the page on."""
        self._switch(request, _numbered(object_id), on=True)
        return _back(request, object_id)

    @action(
        description=_("Switch off"),
        icon="toggle_off",
        variant=ActionVariant.DANGER,
        permissions=["switch"],
        dialog={
            "title": _("Switch this schedule off?"),
            "description": OFF.explanation,
            "form_submit_text": _("Yes, switch it off"),
        },
    )
    def switch_off(
        self, request: HttpRequest, form: BaseDialogForm, object_id: str
    ) -> HttpResponse:
        """Switch the schedule of the page off."""
        self._switch(request, _numbered(object_id), on=False)
        return _back(request, object_id)

    @admin.action(description=_("Switch on"), permissions=["switch"])
    def switch_selected_on(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> HttpResponse | None:
        """Switch on what is selected."""
        return self.ask_first(request, ON, partial(self._switch, on=True))

    @admin.action(description=_("Switch off"), permissions=["switch"])
    def switch_selected_off(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> HttpResponse | None:
        """Switch off what is selected."""
        return self.ask_first(request, OFF, partial(self._switch, on=False))

    def _switch(self, request: HttpRequest, some: Iterable[Schedule], *, on: bool) -> None:
        changed = 0
        for schedule in some:
            try:
                changed += service.switch_schedule(schedule.name, on=on, by=_user(request))
            except InvalidSchedule as error:
                messages.error(request, f"{schedule}: {error}")
        if changed:
            said = (
                ngettext("%(count)d is on.", "%(count)d are on.", changed)
                if on
                else ngettext("%(count)d is off.", "%(count)d are off.", changed)
            )
            messages.success(request, said % {"count": changed})


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast("AbstractBaseUser", request.user)


def _numbered(object_id: str) -> QuerySet[Schedule]:
    """Return the schedule of an address, which may hold anything."""
    return (
        Schedule.objects.filter(pk=object_id) if object_id.isdecimal() else Schedule.objects.none()
    )


def _back(request: HttpRequest, object_id: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        # The page below the dialog, with the filters that its address carries along.
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponseRedirect(reverse("admin:tasks_schedule_change", args=[object_id]))
