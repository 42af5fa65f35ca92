"""The list of runs and the page of one run."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tasks import reasons
from tasks.admin.failures import FailuresAdmin
from tasks.admin.filters import FILTERS
from tasks.admin.listing import RecentPaginator, RunList
from tasks.admin.page import COLOURS, RunPage, seconds_of_last_attempt
from tasks.admin.payloads import Attempts
from tasks.admin.words import NOTHING, cut, length, moment, short
from tasks.models import RunStatus, TaskRun
from tasks.permissions import VIEW_ARGUMENTS

STOPPING = "STOPPING"
MESSAGE_CHARACTERS = 90


@admin.register(TaskRun)
class RunAdmin(FailuresAdmin):
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
    list_filter = FILTERS
    list_before_template: Any = "tasks/admin/runs_head.html"
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    # Their presence draws the search field; `tasks.admin.asked` says what is searched.
    search_fields = ("id", "name", "unique_key")
    search_help_text = _("Run id, task, unique key or error")
    change_form_outer_before_template: Any = "tasks/admin/run.html"

    class Media:
        js = (
            forms.Script("tasks/keep.js", defer=True),
            forms.Script("tasks/run.js", defer=True),
        )

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
        """Leave it to the filter that `tasks.admin.asked` reads."""
        return queryset, False

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
        last = failures.last
        message = reasons.told_of_attempt(last.error, last.message)
        return short(last.error), cut(message, MESSAGE_CHARACTERS)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Show what went wrong in the words of the error to those who may read them."""
        if request.user.has_perm(VIEW_ARGUMENTS):
            return self.list_display
        return (*self.list_display[:-1], "last_error")

    @display(description=_("Last failure"))
    def last_error(self, run: TaskRun) -> str:
        """The newest failed attempt's error, and nothing that it says."""
        failures = Attempts.of(run.errors)
        return short(failures.last.error) if failures.last else NOTHING

    # The page of one run.

    def get_urls(self) -> list[URLPattern]:
        """Add the part of a run's page that is read again while somebody looks."""
        live = self.admin_site.admin_view(self.live_view)
        return [path("<uuid:id_>/live/", live, name="tasks_taskrun_live"), *super().get_urls()]

    def live_view(self, request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
        """Answer with that part as it is now."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(TaskRun, pk=id_)
        context = {"page": _page(request, run)}
        return TemplateResponse(request, "tasks/admin/_live.html", context)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Nothing: the page is `change_form_outer_before_template`."""
        return []

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: TaskRun = context["original"]
        context["page"] = page = _page(request, run)
        context["title"], context["subtitle"] = page.title, None
        return super().render_change_form(request, context, *args, **kwargs)


def _page(request: HttpRequest, run: TaskRun) -> RunPage:
    return RunPage(run, shows_arguments=request.user.has_perm(VIEW_ARGUMENTS))
