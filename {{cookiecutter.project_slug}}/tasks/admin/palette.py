"""What the command palette finds: runs by id or unique key, tasks and queues by their names."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from tasks import registry
from tasks.admin import asked
from tasks.admin.payloads import printable
from tasks.admin.words import short
from tasks.models import LIVE, TaskRun
from tasks.permissions import VIEW_RUNS

MOST = 8


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return what the user may see of it. Nothing here walks through the runs."""
    if not request.user.has_perm(VIEW_RUNS):
        return []
    # Unfold hands on small letters.
    text = request.GET.get("s", term).replace("\x00", "").strip()
    if not text:
        return []
    return [*_runs(text), *_tasks(text.lower()), *_queues(text.lower())]


def _runs(text: str) -> Iterator[SearchResult]:
    for run in _rows(text):
        yield SearchResult(
            title=f"{short(run.name)} {run.pk}",
            description=printable(f"{_('Run')} · {run.get_status_display()}"),
            link=reverse("admin:tasks_taskrun_change", args=[run.pk]),
            icon="bolt",
        )


def _rows(text: str) -> Iterator[TaskRun]:
    light = TaskRun.objects.only("pk", "name", "status")
    try:
        yield from light.filter(pk=uuid.UUID(text))
    except ValueError:
        # Of what is live the key is in an index, and unique.
        yield from light.filter(unique_key=text, status__in=LIVE)[:1]


def _tasks(text: str) -> Iterator[SearchResult]:
    names = [name for name in registry.names() if text in name.lower()]
    for name in names[:MOST]:
        yield SearchResult(
            title=short(name),
            description=f"{_('Task')} · {name}",
            link=reverse("admin:tasks_task", args=[name]),
            icon="function",
        )


def _queues(text: str) -> Iterator[SearchResult]:
    names = [name for name in sorted(registry.queues()) if text in name.lower()]
    runs = reverse("admin:tasks_taskrun_changelist")
    for name in names[:MOST]:
        yield SearchResult(
            title=name,
            description=_("Queue"),
            link=f"{runs}?{urlencode({asked.QUEUE: name})}",
            icon="stacks",
        )
