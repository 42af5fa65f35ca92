"""The list of runs, the page of one run, and the moves a person can make there."""

import uuid
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from tasks.admin.filters import QueueFilter, TaskFilter
from tasks.admin.listing import RecentPaginator, RunList, search
from tasks.admin.moves import CANCEL, RETRY, Move, carry_out
from tasks.admin.page import COLOURS, RunPage, seconds_of_last_attempt
from tasks.admin.payloads import Attempts
from tasks.admin.readonly import ReadOnlyAdmin
from tasks.admin.words import NOTHING, cut, length, moment, short
from tasks.models import RunStatus, TaskRun

STOPPING = "STOPPING"
NAMED_IN_DIALOG = 10
MESSAGE_CHARACTERS = 90


class RunDialog(BaseDialogForm):
    """Asks about one run, and names it."""

    form_before_template = "tasks/admin/subject.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        return {"run": get_object_or_404(TaskRun, pk__in=_ids([str(object_id)]))}


@admin.register(TaskRun)
class RunAdmin(ReadOnlyAdmin):
    """Every run: where it is, how often it was tried, and what went wrong."""

    list_display = (
        "task",
        "shown_status",
        "queue",
        "attempts",
        "enqueued",
        "duration",
        "last_failure",
    )
    list_filter = (("status", ChoicesDropdownFilter), TaskFilter, QueueFilter)
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_disable_select_all = True
    ordering = ("-id",)
    # Their presence draws the search field; `get_search_results` says what is searched.
    search_fields = ("id", "name", "unique_key")
    search_help_text = _("Run id, task or unique key")
    actions = ("retry_selected", "cancel_selected")
    actions_detail: Any = ("retry", "cancel")
    change_form_outer_before_template: Any = "tasks/admin/run.html"

    def has_retry_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and retry them."""
        return self._may(request, RETRY)

    def has_cancel_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may see runs and cancel them."""
        return self._may(request, CANCEL)

    def _may(self, request: HttpRequest, move: Move) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(move.permission)

    # The list.

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RunList]:
        return RunList

    def get_paginator(
        self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any
    ) -> Paginator[Any]:
        """Page through runs without counting them; a run's own history is short and counted."""
        if queryset.model is TaskRun:
            return RecentPaginator(queryset, *args, **kwargs)
        return super().get_paginator(request, queryset, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TaskRun], search_term: str
    ) -> tuple[QuerySet[TaskRun], bool]:
        return search(queryset, search_term), False

    @display(description=_("Task"), header=True)
    def task(self, run: TaskRun) -> tuple[str, str]:
        """The task's own name above its dotted path."""
        return short(run.name), run.name

    @display(description=_("Status"), label={**COLOURS, STOPPING: "warning"})
    def shown_status(self, run: TaskRun) -> tuple[str, str]:
        """The status; of a running run that was cancelled, that it was."""
        if run.status == RunStatus.RUNNING and run.cancel_requested:
            return STOPPING, str(_("Stopping"))
        return run.status, run.get_status_display()

    @display(description=_("Attempts"))
    def attempts(self, run: TaskRun) -> str:
        """Those spent, of those it has."""
        return f"{run.spent} / {run.max_attempts}"

    @display(description=_("Enqueued"), header=True)
    def enqueued(self, run: TaskRun) -> list[str]:
        """The time of the enqueueing, to the second, above its day."""
        return moment(run.enqueued_at).split()[::-1]

    @display(description=_("Duration"))
    def duration(self, run: TaskRun) -> str:
        """How long the last attempt took, or has taken so far."""
        return length(seconds_of_last_attempt(run, Attempts.of(run.errors).last))

    @display(description=_("Last failure"), header=True)
    def last_failure(self, run: TaskRun) -> tuple[str, str]:
        """The newest failed attempt's error above its message, cut short."""
        failures = Attempts.of(run.errors)
        if failures.unreadable:
            return str(_("Unreadable")), cut(failures.unreadable.text, MESSAGE_CHARACTERS)
        if failures.last is None:
            return NOTHING, ""
        return short(failures.last.error), cut(failures.last.message, MESSAGE_CHARACTERS)

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
        carry_out(move, runs, request=request, model_admin=self)
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

    # The page of one run.

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Nothing: the page is `change_form_outer_before_template`."""
        return []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: TaskRun = context["original"]
        context["page"] = page = RunPage(run)
        context["title"], context["subtitle"] = page.title, None
        return super().render_change_form(request, context, *args, **kwargs)

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
        carry_out(move, [run], request=request, model_admin=self)
        if "HX-Request" in request.headers:
            # The page below the dialog, with the filters that its address carries along.
            return HttpResponse(headers={"HX-Refresh": "true"})
        return HttpResponseRedirect(reverse("admin:tasks_taskrun_change", args=[run.pk]))


MOVES = {"retry": RETRY, "cancel": CANCEL}


def _ids(texts: list[str]) -> list[uuid.UUID]:
    """Return those that are ids: an address or a form may hold anything."""
    return [id_ for text in texts if (id_ := _id(text))]


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
