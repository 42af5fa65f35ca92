"""The tasks that there are, and a page for each: its options, how it does, what ran lately."""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import datetime, timedelta
from inspect import getdoc
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy

from tasks import registry
from tasks.admin.charts import series
from tasks.admin.page import COLOURS
from tasks.admin.site_page import SitePage
from tasks.admin.words import ago, length, moment, number, percent, short
from tasks.control.matching import Matching
from tasks.control.newest import newest
from tasks.control.overview import WINDOWS, Window
from tasks.ledger import now
from tasks.models import Schedule, TaskRun
from tasks.permissions import ENQUEUE_RUNS, PAUSE_GATES, VIEW_GATES, VIEW_RUNS, VIEW_SCHEDULES
from tasks.service import service
from tasks.statistics.kinds import newest_kinds
from tasks.statistics.summary import Numbers
from tasks.task import Task

RECENT = 10
NOT_OPTIONS = {"func", "backend", "run_after", "unique_key"}


class TasksPage(SitePage):
    """All tasks that installed apps declare, or whose runs are there."""

    title = gettext_lazy("Tasks")
    permission_required = VIEW_RUNS
    live_template_name = "tasks/admin/_tasks.html"

    def numbers(self, **kwargs: Any) -> dict[str, Any]:
        """Return a row for each."""
        found = service.statistics(WINDOWS[self.live.window].length, by="name")
        paused = service.paused_tasks()
        return {
            "tasks": [_row(part, is_paused=part.name in paused) for part in found.parts],
            "windows": True,
        }


class TaskPage(SitePage):
    """One of them."""

    title = gettext_lazy("Task")
    permission_required = VIEW_RUNS
    live_template_name = "tasks/admin/_task.html"

    def numbers(self, **kwargs: Any) -> dict[str, Any]:
        """Return what its page shows."""
        name = str(kwargs["name"])
        task = registry.find(name)
        if task is None:
            raise Http404(name)
        window = WINDOWS[self.live.window]
        time, may = now(), self.request.user.has_perm
        found = {part.name: part for part in service.statistics(window.length, by="name").parts}
        paused_at = service.paused_tasks().get(name)
        return {
            "title": short(name),
            "windows": True,
            "task": task,
            "name": name,
            "about": getdoc(task.func) or "",
            "options": _options(task),
            "row": _row(found[name], is_paused=paused_at is not None),
            "series": _series(name, window, time),
            "paused": moment(paused_at) if paused_at else "",
            "schedules": _schedules(name) if may(VIEW_SCHEDULES) else None,
            "failures": [
                {"kind": kind, "error": short(kind.error), "last": ago(time - kind.last_at)}
                for kind in newest_kinds(time - window.length, task=name)
            ],
            "runs": [_run(run) for run in _recent(name)],
            "may_pause": may(VIEW_GATES) and may(PAUSE_GATES),
            "may_run": task.manual and may(ENQUEUE_RUNS),
        }


def _row(part: Numbers, *, is_paused: bool) -> dict[str, Any]:
    flow, task = part.flow, registry.find(part.name)
    return {
        "name": part.name,
        "short": short(part.name),
        "is_known": task is not None,
        "queue": task.queue_name if task else "",
        "is_manual": task is not None and task.manual,
        "is_paused": is_paused,
        "ended": number(flow.successful + flow.failed),
        "failed": number(flow.failed),
        "failure_rate": percent(flow.failure_rate),
        "wait": f"{length(flow.wait.p50)} / {length(flow.wait.p95)}",
        "run": f"{length(flow.duration.p50)} / {length(flow.duration.p95)}",
        "waiting": number(part.depth.ready),
        "running": number(part.depth.running),
        "oldest": length(part.depth.oldest_ready),
    }


def _series(name: str, window: Window, until: datetime) -> str:
    since = until - window.length + window.step
    found = service.timeline(window.step, since=since, until=until, task=name)
    return series(found.since, found.step, found.buckets)


def _options(task: Task[..., Any]) -> list[tuple[str, str, bool]]:
    """Return each option, its value, and whether it was declared and is not the usual."""
    shown = []
    for field in fields(task):
        if field.name in NOT_OPTIONS:
            continue
        value = getattr(task, field.name)
        usual = field.default if field.default is not MISSING else None
        shown.append((field.name, _value(value), value != usual))
    return sorted(shown, key=lambda option: (not option[2], option[0]))


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(each.__name__ if isinstance(each, type) else str(each) for each in value)
    return "" if value is None else str(value)


def _schedules(name: str) -> list[dict[str, Any]]:
    return [
        {
            "row": row,
            "next": moment(row.next_at if row.enabled else None),
            "last": moment(row.last_at),
        }
        for row in Schedule.objects.filter(task=name).order_by("name")
    ]


def _recent(name: str) -> list[TaskRun]:
    rows = newest(Matching(task=name)).rows
    return list(
        rows.only("pk", "status", "queue", "enqueued_at", "attempted_at", "finished_at", "spent")[
            :RECENT
        ]
    )


def _run(run: TaskRun) -> dict[str, Any]:
    took = run.finished_at - run.attempted_at if run.finished_at and run.attempted_at else None
    return {
        "id": run.pk,
        "status": run.get_status_display(),
        "colour": COLOURS.get(run.status, ""),
        "enqueued": moment(run.enqueued_at),
        "took": length(max(took, timedelta()).total_seconds() if took else None),
        "attempts": run.spent,
    }
