"""The moves as the admin offers them: on the list for a selection, on a page for its run."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import UnfoldAction
from unfold.forms import BaseDialogForm

from tasks.admin.asking import AsksFirst, Named, NamingDialog, Question, action
from tasks.admin.moves import (
    AGAIN,
    CANCEL,
    DELETE,
    PROMOTE,
    RETRY,
    Move,
    carry_out,
    run_again,
)
from tasks.admin.readonly import ReadOnlyAdmin
from tasks.models import FINAL, TaskRun
from tasks.permissions import ENQUEUE_RUNS


class RunDialog(NamingDialog):
    """Asks about one run, and names it."""

    model = TaskRun

    def named(self, row: TaskRun) -> Named:
        return Named(row.name, str(row.pk))


class MovesAdmin(AsksFirst, ReadOnlyAdmin):
    """Offers what may be done to runs to those who may do it, and asks before it is done."""

    actions = ("retry_selected", "promote_selected", "cancel_selected", "remove_selected")
    actions_detail: Any = ("retry", "promote", "again", "cancel", "remove")

    def has_retry_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and retry them."""
        return self.may(request, RETRY)

    def has_promote_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and let them run before they are due."""
        return self.may(request, PROMOTE)

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and cancel them."""
        return self.may(request, CANCEL)

    def has_remove_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and delete them."""
        return self.may(request, DELETE)

    def has_again_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and enqueue one more."""
        return self.has_view_permission(request) and request.user.has_perm(ENQUEUE_RUNS)

    def may(self, request: HttpRequest, move: Move) -> bool:
        """Whether the user may see runs and do this to them."""
        return self.has_view_permission(request) and request.user.has_perm(move.permission)

    # Moves from the list.

    @admin.action(description=_("Retry"), permissions=["retry"])
    def retry_selected(
        self, request: HttpRequest, queryset: QuerySet[TaskRun]
    ) -> HttpResponse | None:
        """Retry what is selected."""
        return self._ask_and_carry_out(request, RETRY)

    @admin.action(description=_("Run now"), permissions=["promote"])
    def promote_selected(
        self, request: HttpRequest, queryset: QuerySet[TaskRun]
    ) -> HttpResponse | None:
        """Run what is selected now."""
        return self._ask_and_carry_out(request, PROMOTE)

    @admin.action(description=_("Cancel"), permissions=["cancel"])
    def cancel_selected(
        self, request: HttpRequest, queryset: QuerySet[TaskRun]
    ) -> HttpResponse | None:
        """Cancel what is selected."""
        return self._ask_and_carry_out(request, CANCEL)

    @admin.action(description=_("Delete"), permissions=["remove"])
    def remove_selected(
        self, request: HttpRequest, queryset: QuerySet[TaskRun]
    ) -> HttpResponse | None:
        """Delete what is selected."""
        return self._ask_and_carry_out(request, DELETE)

    def selected(self, request: HttpRequest, ids: Sequence[Any]) -> QuerySet[TaskRun]:
        return super().selected(request, ids).defer("arguments", "return_value", "errors")

    def _ask_and_carry_out(self, request: HttpRequest, move: Move) -> HttpResponse | None:
        question = Question(
            title=move.question,
            button=move.label,
            variant=move.variant,
            applies=move.is_offered,
            name=_named,
        )
        return self.ask_first(
            request, question, lambda request, runs: carry_out(move, runs, request=request)
        )

    # Moves on the page of one run.

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[UnfoldAction]:
        """Return the moves that the user may make and that the run's status allows."""
        run = self.get_object(request, str(object_id))
        if run is None:
            return []
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        names = {"retry": RETRY, "promote": PROMOTE, "cancel": CANCEL, "remove": DELETE}
        offered = {f"{prefix}_{name}" for name, move in names.items() if move.is_offered(run)}
        if run.status in FINAL:
            offered.add(f"{prefix}_again")
        allowed = super().get_actions_detail(request, object_id)
        return [action for action in allowed if action.action_name in offered]

    @action(
        description=RETRY.label,
        icon="replay",
        variant=RETRY.variant,
        permissions=["retry"],
        dialog={**RETRY.dialog, "form_class": RunDialog},
    )
    def retry(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Retry the run of the page."""
        return self._carry_out_one(request, object_id, RETRY)

    @action(
        description=PROMOTE.label,
        icon="play_arrow",
        variant=PROMOTE.variant,
        permissions=["promote"],
        dialog={**PROMOTE.dialog, "form_class": RunDialog},
    )
    def promote(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Run the run of the page before it is due."""
        return self._carry_out_one(request, object_id, PROMOTE)

    @action(
        description=_("Retry as new"),
        icon="content_copy",
        permissions=["again"],
        dialog={**AGAIN, "form_class": RunDialog},
    )
    def again(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Enqueue a new run like that of the page, and lead to it."""
        run = get_object_or_404(TaskRun, pk__in=_ids([object_id]))
        new = run_again(run, request=request)
        if new is None:
            return _refreshed(request, run)
        return _lead(request, reverse("admin:tasks_taskrun_change", args=[new]))

    @action(
        description=CANCEL.label,
        icon="cancel",
        variant=CANCEL.variant,
        permissions=["cancel"],
        dialog={**CANCEL.dialog, "form_class": RunDialog},
    )
    def cancel(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Cancel the run of the page."""
        return self._carry_out_one(request, object_id, CANCEL)

    @action(
        description=DELETE.label,
        icon="delete",
        variant=DELETE.variant,
        permissions=["remove"],
        dialog={**DELETE.dialog, "form_class": RunDialog},
    )
    def remove(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        """Delete the run of the page, and lead to the list."""
        run = get_object_or_404(TaskRun, pk__in=_ids([object_id]))
        carry_out(DELETE, [run], request=request)
        if TaskRun.objects.filter(pk=run.pk).exists():
            return _refreshed(request, run)
        return _lead(request, reverse("admin:tasks_taskrun_changelist"))

    def _carry_out_one(self, request: HttpRequest, object_id: str, move: Move) -> HttpResponse:
        run = get_object_or_404(TaskRun, pk__in=_ids([object_id]))
        carry_out(move, [run], request=request)
        return _refreshed(request, run)


def _named(run: TaskRun) -> Named:
    return Named(run.name, str(run.pk), run.get_status_display())


def _refreshed(request: HttpRequest, run: TaskRun) -> HttpResponse:
    """Show the run's page again, with the filters that its address carries along."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponseRedirect(reverse("admin:tasks_taskrun_change", args=[run.pk]))


def _lead(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def _ids(texts: list[str]) -> list[uuid.UUID]:
    """Return those that are ids: an address or a form may hold anything."""
    return [id_ for text in texts if (id_ := _id(text))]


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
