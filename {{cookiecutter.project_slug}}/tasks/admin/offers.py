"""The moves as the admin offers them: on the list for a selection, on a page for its run."""

import uuid
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from tasks.admin.moves import CANCEL, RETRY, Move, carry_out
from tasks.admin.readonly import ReadOnlyAdmin
from tasks.models import TaskRun

NAMED_IN_DIALOG = 10
MOVES = {"retry": RETRY, "cancel": CANCEL}


class RunDialog(BaseDialogForm):
    """Asks about one run, and names it."""

    form_before_template = "tasks/admin/subject.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        return {"run": get_object_or_404(TaskRun, pk__in=_ids([str(object_id)]))}


class MovesAdmin(ReadOnlyAdmin):
    """Offers what may be done to runs to those who may do it, and asks before it is done."""

    actions = ("retry_selected", "cancel_selected")
    actions_detail: Any = ("retry", "cancel")

    def has_retry_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and retry them."""
        return self._may(request, RETRY)

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and cancel them."""
        return self._may(request, CANCEL)

    def _may(self, request: HttpRequest, move: Move) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(move.permission)

    # Moves from the list.

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, or ask about a move. What may not be posted is refused, not ignored."""
        if request.method == "POST":
            forbidden = set(self.actions) - set(self.get_actions(request))
            if forbidden.intersection(request.POST.getlist("action")):
                raise PermissionDenied
            selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
            if len(_ids(selected)) < len(selected):
                raise BadRequest("Something is selected that is no id of a run.")
        return super().changelist_view(request, extra_context)

    @admin.action(description=_("Retry"), permissions=["retry"])
    def retry_selected(
        self, request: HttpRequest, queryset: QuerySet[TaskRun]
    ) -> HttpResponse | None:
        """Retry what is selected."""
        return self._ask_and_carry_out(request, queryset, RETRY)

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[TaskRun]
    ) -> HttpResponse | None:
        """Cancel what is selected."""
        return self._ask_and_carry_out(request, queryset, CANCEL)

    def _ask_and_carry_out(
        self, request: HttpRequest, queryset: QuerySet[TaskRun], move: Move
    ) -> HttpResponse | None:
        # By their ids: `queryset` is the whole table for who posts `select_across`.
        selected = queryset.filter(pk__in=_ids(request.POST.getlist(ACTION_CHECKBOX_NAME)))
        runs = list(selected.defer("arguments", "return_value", "errors"))
        if "confirmed" not in request.POST:
            return self._dialog(request, runs, move)
        carry_out(move, runs, request=request)
        return None

    def _dialog(self, request: HttpRequest, runs: list[TaskRun], move: Move) -> HttpResponse:
        offered = [run for run in runs if move.is_offered(run)]
        context = {
            **self.admin_site.each_context(request),
            "title": move.question % {"count": len(offered)},
            "move": move,
            "offered": offered,
            "named": offered[:NAMED_IN_DIALOG],
            "unnamed": max(len(offered) - NAMED_IN_DIALOG, 0),
            "left": len(runs) - len(offered),
            "action": request.POST["action"],
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "tasks/admin/confirm.html", context)

    # Moves on the page of one run.

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Return the moves that the user may make and that the run's status allows."""
        run = self.get_object(request, str(object_id))
        if run is None:
            return []
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        offered = {f"{prefix}_{name}" for name, move in MOVES.items() if move.is_offered(run)}
        allowed = super().get_actions_detail(request, object_id)
        return [action for action in allowed if action.action_name in offered]

    @action(
        description=RETRY.label,
        icon="replay",
        variant=ActionVariant.PRIMARY,
        permissions=["retry"],
        dialog={**RETRY.dialog, "form_class": RunDialog},
    )
    def retry(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Retry the run of the page."""
        return self._carry_out_one(request, object_id, RETRY)

    @action(
        description=CANCEL.label,
        icon="cancel",
        variant=ActionVariant.DANGER,
        permissions=["cancel"],
        dialog={**CANCEL.dialog, "form_class": RunDialog},
    )
    def cancel(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Cancel the run of the page."""
        return self._carry_out_one(request, object_id, CANCEL)

    def _carry_out_one(self, request: HttpRequest, object_id: str, move: Move) -> HttpResponse:
        run = get_object_or_404(TaskRun, pk__in=_ids([object_id]))
        carry_out(move, [run], request=request)
        if "HX-Request" in request.headers:
            # The page below the dialog, with the filters that its address carries along.
            return HttpResponse(headers={"HX-Refresh": "true"})
        return HttpResponseRedirect(reverse("admin:tasks_taskrun_change", args=[run.pk]))


def _ids(texts: list[str]) -> list[uuid.UUID]:
    """Return those that are ids: an address or a form may hold anything."""
    return [id_ for text in texts if (id_ := _id(text))]


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
