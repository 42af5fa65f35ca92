"""What people do to a task: run it now, pause it, resume it."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from unfold.forms import BaseDialogForm

from tasks import registry
from tasks.admin.argument_form import ArgumentForm, form_for
from tasks.admin.asking import Dialog
from tasks.admin.deeds import Deed
from tasks.admin.site_page import user_of
from tasks.admin.words import short
from tasks.errors import UnknownTask
from tasks.models import GateKind
from tasks.permissions import ENQUEUE_RUNS, PAUSE_GATES, VIEW_GATES, VIEW_RUNS
from tasks.service import service
from tasks.task import Task


class _TaskDeed(Deed):
    """Something about the task of the address."""

    @property
    def task(self) -> Task[..., Any]:
        """It. Raises `LookupError`."""
        task = registry.find(str(self.kwargs["name"]))
        if task is None:
            raise UnknownTask(self.kwargs["name"])
        return task

    @property
    def name(self) -> str:
        """Its dotted path."""
        return self.task.module_path

    def back(self) -> str:
        return reverse("admin:tasks_task", args=[self.kwargs["name"]])


class RunTask(_TaskDeed):
    """Enqueue it, with the arguments of a form."""

    permission_required = (VIEW_RUNS, ENQUEUE_RUNS)
    run_page = ""

    def form(self, data: Any = None) -> BaseDialogForm:
        return form_for(self.manual_task)(data=data, request=self.request)

    @property
    def manual_task(self) -> Task[..., Any]:
        """The task, if it opts in. Raises `LookupError`."""
        task = self.task
        if not task.manual:
            said = _("%(task)s does not opt in to being run by people.")
            raise UnknownTask(said % {"task": task.module_path})
        return task

    def dialog(self) -> Dialog:
        return {
            "title": _("Run %(task)s now?") % {"task": short(self.manual_task.module_path)},
            # What a developer wrote, in whose language it is.
            "description": format_html('<span lang="en">{}</span>', getdoc(self.task.func) or ""),
            "form_submit_text": _("Yes, run it now"),
        }

    def carry_out(self, form: ArgumentForm) -> str:
        result = service.run_by_hand(self.name, form.arguments, by=user_of(self.request))
        self.run_page = reverse("admin:tasks_taskrun_change", args=[result.id])
        return _("Run %(id)s is due.") % {"id": result.id}

    def after(self, request: HttpRequest) -> dict[str, str]:
        """Lead to the run."""
        return {"HX-Redirect": self.run_page} if self.run_page else super().after(request)


class PauseTask(_TaskDeed):
    """Let no run of it start."""

    permission_required = (VIEW_GATES, PAUSE_GATES)

    def dialog(self) -> Dialog:
        return {
            "title": _("Pause the task %(task)s?") % {"task": short(self.name)},
            "description": _("No run of it starts any more. What runs may finish; the rest waits."),
            "form_submit_text": _("Yes, pause it"),
        }

    def carry_out(self, form: Any) -> str:
        service.pause(GateKind.TASK, self.name, by=user_of(self.request))
        return _("Task %(task)s is paused.") % {"task": short(self.name)}


class ResumeTask(_TaskDeed):
    """Let its runs start again."""

    permission_required = (VIEW_GATES, PAUSE_GATES)

    def dialog(self) -> Dialog:
        return {
            "title": _("Resume the task %(task)s?") % {"task": short(self.name)},
            "description": _("What waits of it starts at once."),
            "form_submit_text": _("Yes, resume it"),
        }

    def carry_out(self, form: Any) -> str:
        service.resume(GateKind.TASK, self.name, by=user_of(self.request))
        return _("Task %(task)s runs again.") % {"task": short(self.name)}
