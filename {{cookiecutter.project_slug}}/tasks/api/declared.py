"""`tasks/`: the tasks that installed apps declare."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tasks.api.base import TaskView
from tasks.api.shapes.things import PausedSerializer, TaskSerializer
from tasks.errors import UnknownTask
from tasks.models import GateKind
from tasks.permissions import PAUSE_GATES, VIEW_GATES, VIEW_RUNS
from tasks.service import service


class TaskListing(TaskView):
    """What views of tasks have in common."""

    def shown(self) -> list[dict[str, Any]]:
        """Return all tasks with their numbers of the last hour."""
        numbers = {part.name: part for part in service.statistics(by="name").parts}
        paused = service.paused_tasks()
        return [
            {
                **{field.name: getattr(task, field.name) for field in fields(task)},
                "paused_at": paused.get(task.name),
                "depth": numbers[task.name].depth,
                "flow": numbers[task.name].flow,
            }
            for task in service.tasks()
        ]

    def one(self, name: str) -> Response:
        """Answer with one task. Raises `NotFound`."""
        for task in self.shown():
            if task["name"] == name:
                return Response(TaskSerializer(task).data)
        raise NotFound(_("No installed app declares a task %(name)r.") % {"name": name})


class TaskList(TaskListing):
    """All tasks."""

    needs = {"GET": (VIEW_RUNS,)}

    @extend_schema(operation_id="tasks_list", responses=TaskSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the tasks that installed apps declare, by name."""
        return Response(TaskSerializer(self.shown(), many=True).data)


class TaskDetail(TaskListing):
    """One task."""

    needs = {"GET": (VIEW_RUNS,)}

    @extend_schema(operation_id="tasks_retrieve", responses=TaskSerializer)
    def get(self, request: Request, name: str) -> Response:
        """Show a task: its options, what it takes, and how it is doing."""
        return self.one(name)


class TaskPause(TaskView):
    """The stop of a task."""

    needs = {"POST": (VIEW_GATES, PAUSE_GATES)}

    @extend_schema(operation_id="tasks_pause", request=None, responses=PausedSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Let no run of the task start. What runs goes on."""
        try:
            service.pause(GateKind.TASK, name, by=self.staff)
        except UnknownTask as error:
            raise NotFound(str(error)) from error
        return _paused(name)


class TaskResume(TaskView):
    """The end of a task's pause."""

    needs = {"POST": (VIEW_GATES, PAUSE_GATES)}

    @extend_schema(operation_id="tasks_resume", request=None, responses=PausedSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Let the runs of the task start again."""
        try:
            service.resume(GateKind.TASK, name, by=self.staff)
        except UnknownTask as error:
            raise NotFound(str(error)) from error
        return _paused(name)


def _paused(name: str) -> Response:
    """Answer with whether a task is paused: who may pause it need not see its runs."""
    paused = {"name": name, "paused_at": service.paused_tasks().get(name)}
    return Response(PausedSerializer(paused).data)
