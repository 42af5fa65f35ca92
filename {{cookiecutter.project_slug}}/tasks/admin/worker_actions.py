"""What people ask of a worker on its page: to be quiet, to work again, to stop."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from tasks.admin.asking import action
from tasks.admin.live_list import LiveListAdmin
from tasks.admin.site_page import user_of
from tasks.errors import UnknownWorker
from tasks.models import Wish, Worker, WorkerStatus
from tasks.permissions import CONTROL_WORKERS
from tasks.service import service

OFFERED = {
    Wish.WORK: ("quiet", "stop"),
    Wish.QUIET: ("wake", "stop"),
    Wish.STOP: (),
}


class WorkerActions(LiveListAdmin):
    """Offers them to those who may, of workers that are alive."""

    actions_detail: Any = ("quiet", "wake", "stop")

    def has_control_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see workers and ask something of them."""
        return self.has_view_permission(request) and request.user.has_perm(CONTROL_WORKERS)

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Return what makes sense for the worker as it is."""
        worker = self.get_object(request, str(object_id))
        if worker is None or worker.status != WorkerStatus.ALIVE:
            return []
        offered = {f"tasks_worker_{name}" for name in OFFERED[Wish(worker.wish)]}
        allowed = super().get_actions_detail(request, object_id)
        return [each for each in allowed if each.action_name in offered]

    @action(
        description=_("Quiet"),
        icon="pause",
        permissions=["control"],
        dialog={
            "title": _("Ask this worker to be quiet?"),
            "description": _("It finishes what it holds and takes nothing new until it is woken."),
            "form_submit_text": _("Yes, ask it to be quiet"),
        },
    )
    def quiet(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Ask it to take nothing new."""
        return self._ask(request, object_id, Wish.QUIET, _("It is asked to be quiet."))

    @action(
        description=_("Wake"),
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        permissions=["control"],
        dialog={
            "title": _("Wake this worker?"),
            "description": _("It takes work again."),
            "form_submit_text": _("Yes, wake it"),
        },
    )
    def wake(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Ask it to take work again."""
        return self._ask(request, object_id, Wish.WORK, _("It is asked to work."))

    @action(
        description=_("Stop"),
        icon="stop_circle",
        variant=ActionVariant.DANGER,
        permissions=["control"],
        dialog={
            "title": _("Ask this worker to stop?"),
            "description": _(
                "It finishes what it holds within its grace, hands back the rest and leaves. That "
                "cannot be taken back. What keeps workers running, such as systemd, may start "
                "another."
            ),
            "form_submit_text": _("Yes, ask it to stop"),
        },
    )
    def stop(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Ask it to leave."""
        return self._ask(request, object_id, Wish.STOP, _("It is asked to stop."))

    def _ask(self, request: HttpRequest, object_id: str, wish: Wish, done: Any) -> HttpResponse:
        worker = self.get_object(request, object_id)
        worker = get_object_or_404(Worker, pk=worker.pk if worker else None)
        try:
            if service.ask_worker(worker.pk, wish, by=user_of(request)):
                messages.success(request, done)
            else:
                messages.warning(request, _("It was asked that already, or is stopping."))
        except UnknownWorker:
            messages.error(request, _("This worker is not there any more."))
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return HttpResponseRedirect(reverse("admin:tasks_worker_change", args=[worker.pk]))
