"""The dashboard: everything at a glance, on the first page of the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.admin.charts import series
from tasks.admin.glances import Card, cards
from tasks.admin.live import Live
from tasks.admin.queues import queue_rows
from tasks.admin.site_page import SitePage
from tasks.admin.words import ago, moment, short, until
from tasks.admin.workers import HEALTH
from tasks.control.overview import Overview
from tasks.models import Wish
from tasks.permissions import VIEW_GATES, VIEW_RUNS, VIEW_SCHEDULES, VIEW_WORKERS
from tasks.service import service
from tasks.statistics.kinds import NEWEST

MOST_ROWS = 8
HEALTH_COLOURS = {"ok": "good", "late": "late", "lost": "bad", "stopped": ""}


class DashboardPage(SitePage):
    """What is alive of the dashboard; whoever comes without its script is sent to the index."""

    title = gettext_lazy("Dashboard")
    permission_required = VIEW_RUNS
    live_template_name = "tasks/admin/_dashboard.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the numbers."""
        if Live.of(request).is_refresh:
            return super().get(request, *args, **kwargs)
        query = request.GET.urlencode()
        return HttpResponseRedirect(f"{reverse('admin:index')}{'?' if query else ''}{query}")

    def numbers(self, **kwargs: Any) -> dict[str, Any]:
        """Return what is shown to this user."""
        return numbers_for(self.request, self.live)


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: let those who may see runs have the dashboard as the first page."""
    if not request.user.has_perm(VIEW_RUNS):
        return context
    live = Live.of(request)
    return {
        **context,
        "title": _("Dashboard"),
        "live": live,
        "live_url": reverse("admin:tasks_dashboard"),
        **numbers_for(request, live),
    }


def numbers_for(request: HttpRequest, live: Live) -> dict[str, Any]:
    """Return the parts of the dashboard that the user may see."""
    found = service.overview(live.window)
    may = request.user.has_perm
    parts: dict[str, Any] = {
        "cards": _cards(found, sees_workers=may(VIEW_WORKERS)),
        "series": series(found.since, found.step, found.buckets),
        "failures": [
            {
                "task": short(kind.task),
                "error": short(kind.error) or kind.fingerprint,
                "kind": kind,
                "last": ago(found.until - kind.last_at),
            }
            for kind in found.failures
        ],
        "newest": NEWEST,
        "updated": moment(found.until),
    }
    if may(VIEW_GATES):
        rows = queue_rows(found)
        parts |= {"queues": rows[:MOST_ROWS], "more_queues": len(rows) > MOST_ROWS}
    if may(VIEW_WORKERS):
        parts |= {
            "workers": [_worker(worker, found) for worker in found.workers[:MOST_ROWS]],
            "more_workers": len(found.workers) > MOST_ROWS,
        }
    if may(VIEW_SCHEDULES):
        parts["schedules"] = [
            {
                "name": short(due.name),
                "at": moment(due.next_at),
                "in": until(due.next_at - found.until),
            }
            for due in found.schedules
        ]
    return parts


def _cards(found: Overview, *, sees_workers: bool) -> list[Card]:
    shown = cards(found)
    if sees_workers:
        well = sum(worker.health == "ok" for worker in found.workers)
        shown.append(
            Card(
                _("Workers"),
                f"{well} / {len(found.workers)}",
                _("%(count)s running now")
                % {"count": number_format(found.total.depth.running, force_grouping=True)},
            )
        )
    return shown


def _worker(worker: Any, found: Overview) -> dict[str, Any]:
    return {
        "worker": worker,
        "health": HEALTH[worker.health],
        "colour": HEALTH_COLOURS[worker.health],
        "wish": "" if worker.wish == Wish.WORK else worker.wish.label,
        "beat": ago(timedelta(seconds=worker.silence)),
        "task": short(worker.longest.task) if worker.longest else "",
        "more": max(worker.holding - 1, 0),
    }
