"""What is done to all runs that match the list's filters, and their CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from tasks.admin import asked
from tasks.admin.moves import MOVES
from tasks.admin.offers import MovesAdmin
from tasks.admin.table import csv_of
from tasks.admin.words import moment
from tasks.control.matching import Matching
from tasks.models import Schedule, Worker
from tasks.permissions import VIEW_ARGUMENTS
from tasks.service import MOST_AT_ONCE, service

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class EverythingAdmin(MovesAdmin):
    """The pages that take the list's filters and not its rows."""

    def get_urls(self) -> list[URLPattern]:
        """Add them to the admin's own."""
        view = self.admin_site.admin_view
        return [
            path("all/<slug:act>/", view(self.all_view), name="tasks_taskrun_all"),
            path("csv/", view(self.csv_view), name="tasks_taskrun_csv"),
            *super().get_urls(),
        ]

    def all_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """Ask about all that match; once it is confirmed, begin, and lead to where it is seen."""
        move = MOVES.get(act)
        if move is None:
            raise Http404
        if not self.may(request, move):
            raise PermissionDenied
        matching = _matching(request)
        if request.method == "POST":
            user = cast("AbstractBaseUser", request.user)
            bulk = move.apply_to_all(matching, by=user)
            messages.success(request, move.begun)
            kept = urlencode({"_changelist_filters": asked.only_filters(request.GET)})
            page = reverse("admin:tasks_taskrun_change", args=[bulk.run_id])
            return HttpResponseRedirect(f"{page}?{kept}")
        count = service.count(move.act, matching)
        context = {
            **self.admin_site.each_context(request),
            "title": move.question % {"count": count},
            "move": move,
            "count": count,
            "most": MOST_AT_ONCE if count >= MOST_AT_ONCE else None,
            "filters": _in_words(matching, move.act.statuses),
            "back": f"{_list()}?{asked.only_filters(request.GET)}",
            "opts": self.opts,
        }
        return TemplateResponse(request, "tasks/admin/all.html", context)

    def csv_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Send what matches, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        matching = _matching(request)
        rows = matching.recent(matching.floor())
        return csv_of(rows, shows_messages=request.user.has_perm(VIEW_ARGUMENTS))


def _matching(request: HttpRequest) -> Matching:
    try:
        return asked.matching_of(request)
    except IncorrectLookupParameters as error:
        raise BadRequest(_("A filter makes no sense.")) from error


def _list() -> str:
    return reverse("admin:tasks_taskrun_changelist")


def _in_words(matching: Matching, statuses: Any) -> list[tuple[str, str]]:
    """Return the names of the filters and what they are set to, those that are set."""
    schedule = Schedule.objects.filter(pk=matching.schedule or 0).first()
    worker = Worker.objects.filter(pk=matching.worker).first() if matching.worker else None
    pairs = [
        (_("Status"), ", ".join(str(each.label) for each in matching.statuses or statuses)),
        (_("Task"), matching.task),
        (_("Queue"), matching.queue),
        (_("Worker"), worker or matching.worker),
        (_("Schedule"), schedule or matching.schedule),
        (_("Kind of failure"), matching.fingerprint),
        (_("Group"), matching.group),
        (_("Enqueued since"), matching.since and moment(matching.since)),
        (_("Enqueued before"), matching.until and moment(matching.until)),
        (_("Text"), matching.text),
    ]
    return [(str(name), str(value)) for name, value in pairs if value]
