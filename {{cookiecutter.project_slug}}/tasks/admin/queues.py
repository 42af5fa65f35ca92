"""The queues: what waits in each, how it flows; pausing, resuming and limiting them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from tasks.admin.asking import Dialog
from tasks.admin.deeds import Deed
from tasks.admin.site_page import SitePage, user_of
from tasks.admin.words import length, moment, number, percent
from tasks.control.overview import Overview
from tasks.models import GateKind
from tasks.options import MAX_RUNNING
from tasks.permissions import LIMIT_GATES, PAUSE_GATES, VIEW_GATES
from tasks.registry import queues as declared
from tasks.service import service

LEAST_RATE = 0.001
"""Runs a minute, below which the page tells no number."""


def queue_rows(found: Overview) -> list[dict[str, Any]]:
    """Return the queues as pages show them: those that people have changed first, then the full."""
    present = {each.name: each for each in found.queues}
    rows = [
        {
            "name": name,
            "paused": moment(each.paused_at) if each.paused_at else "",
            "limit": each.limit,
            "ready": number(each.depth.ready),
            "running": number(each.depth.running),
            "scheduled": number(each.depth.scheduled),
            "waiting": number(each.depth.waiting),
            "failed": number(each.depth.failed),
            "oldest": length(each.depth.oldest_ready),
            "rate": _rate(each.per_minute),
            "failure_rate": percent(each.failure_rate),
            "order": (not each.paused_at, -each.depth.ready, name),
        }
        for name, each in present.items()
    ]
    rows += [_empty(name) for name in sorted(declared() - present.keys())]
    return sorted(rows, key=lambda row: row["order"])


class QueuesPage(SitePage):
    """All queues that a task declares, a run names or a gate stands before."""

    title = gettext_lazy("Queues")
    permission_required = VIEW_GATES
    live_template_name = "tasks/admin/_queues.html"

    def numbers(self, **kwargs: Any) -> dict[str, Any]:
        """Return a row for each."""
        return {
            "queues": queue_rows(service.overview(self.live.window)),
            "may_pause": self.request.user.has_perm(PAUSE_GATES),
            "may_limit": self.request.user.has_perm(LIMIT_GATES),
            "windows": True,
        }


class _QueueDeed(Deed):
    """Something about the queue of the address."""

    @property
    def queue(self) -> str:
        """Its name. Raises `LookupError` for one that is nowhere."""
        name = str(self.kwargs["name"])
        if name not in {queue.name for queue in service.queues()}:
            raise LookupError(name)
        return name

    def back(self) -> str:
        return reverse("admin:tasks_queues")


class PauseQueue(_QueueDeed):
    """Let nothing of it start."""

    permission_required = (VIEW_GATES, PAUSE_GATES)

    def dialog(self) -> Dialog:
        return {
            "title": _("Pause the queue %(name)s?") % {"name": self.queue},
            "description": _(
                "Nothing of it starts any more. What runs may finish; the rest waits."
            ),
            "form_submit_text": _("Yes, pause it"),
        }

    def carry_out(self, form: Any) -> str:
        service.pause(GateKind.QUEUE, self.queue, by=user_of(self.request))
        return _("Queue %(name)s is paused.") % {"name": self.queue}


class ResumeQueue(_QueueDeed):
    """Let it flow again."""

    permission_required = (VIEW_GATES, PAUSE_GATES)

    def dialog(self) -> Dialog:
        return {
            "title": _("Resume the queue %(name)s?") % {"name": self.queue},
            "description": _("What waits in it starts at once."),
            "form_submit_text": _("Yes, resume it"),
        }

    def carry_out(self, form: Any) -> str:
        service.resume(GateKind.QUEUE, self.queue, by=user_of(self.request))
        return _("Queue %(name)s flows again.") % {"name": self.queue}


class LimitForm(BaseDialogForm):
    """How many at once."""

    most = forms.IntegerField(
        label=gettext_lazy("At most at once"),
        help_text=gettext_lazy("By all workers together. Leave it empty for no limit."),
        required=False,
        min_value=1,
        max_value=MAX_RUNNING,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class LimitQueue(_QueueDeed):
    """Let so many of it run at once."""

    permission_required = (VIEW_GATES, LIMIT_GATES)
    form_class = LimitForm

    def form(self, data: Any = None) -> BaseDialogForm:
        limits = {queue.name: queue.limit for queue in service.queues()}
        most = limits.get(str(self.kwargs["name"]))
        return LimitForm(data=data, request=self.request, initial={"most": most})

    def dialog(self) -> Dialog:
        return {
            "title": _("Limit the queue %(name)s?") % {"name": self.queue},
            "description": _("What is above the limit waits; nothing that runs is stopped."),
            "form_submit_text": _("Set the limit"),
        }

    def carry_out(self, form: Any) -> str:
        most = form.cleaned_data["most"]
        service.set_limit(self.queue, most, by=user_of(self.request))
        if most is None:
            return _("Queue %(name)s has no limit.") % {"name": self.queue}
        return _("Queue %(name)s runs at most %(most)s at once.") % {
            "name": self.queue,
            "most": number(most),
        }


def _rate(per_minute: float) -> str:
    if not 0 < per_minute < 100:
        return number(round(per_minute))
    if per_minute < LEAST_RATE:
        return f"< {number_format(LEAST_RATE)}"
    return number_format(f"{per_minute:.2g}")


def _empty(name: str) -> dict[str, Any]:
    zeros = dict.fromkeys(("ready", "running", "scheduled", "waiting", "failed", "rate"), "0")
    more = {"paused": "", "limit": None, "oldest": length(None), "failure_rate": percent(None)}
    return {"name": name, **zeros, **more, "order": (True, 0, name)}
