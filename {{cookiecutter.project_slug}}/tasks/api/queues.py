"""`queues/`: what waits where, and what may start."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tasks.api.base import TaskView
from tasks.api.shapes.things import LimitSerializer, QueueSerializer
from tasks.errors import UnknownQueue
from tasks.models import GateKind
from tasks.permissions import LIMIT_GATES, PAUSE_GATES, VIEW_GATES
from tasks.service import service


class QueueView(TaskView):
    """What views of one queue have in common."""

    def one(self, name: str) -> Response:
        """Answer with a queue. Raises `NotFound`."""
        for queue in service.queues():
            if queue.name == name:
                return Response(QueueSerializer(queue).data)
        raise NotFound(_("There is no queue %(name)r.") % {"name": name})


class QueueList(TaskView):
    """All queues."""

    needs = {"GET": (VIEW_GATES,)}

    @extend_schema(operation_id="queues_list", responses=QueueSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the queues that a task declares or a run names, by name."""
        return Response(QueueSerializer(service.queues(), many=True).data)


class QueueDetail(QueueView):
    """One queue."""

    needs = {"GET": (VIEW_GATES,)}

    @extend_schema(operation_id="queues_retrieve", responses=QueueSerializer)
    def get(self, request: Request, name: str) -> Response:
        """Show a queue."""
        return self.one(name)


class QueuePause(QueueView):
    """The stop of a queue."""

    needs = {"POST": (VIEW_GATES, PAUSE_GATES)}

    @extend_schema(operation_id="queues_pause", request=None, responses=QueueSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Let no run of the queue start. What runs goes on."""
        try:
            service.pause(GateKind.QUEUE, name, by=self.staff)
        except UnknownQueue as error:
            raise NotFound(str(error)) from error
        return self.one(name)


class QueueResume(QueueView):
    """The end of a queue's pause."""

    needs = {"POST": (VIEW_GATES, PAUSE_GATES)}

    @extend_schema(operation_id="queues_resume", request=None, responses=QueueSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Let the runs of the queue start again."""
        try:
            service.resume(GateKind.QUEUE, name, by=self.staff)
        except UnknownQueue as error:
            raise NotFound(str(error)) from error
        return self.one(name)


class QueueLimit(QueueView):
    """How many runs of a queue run at once."""

    needs = {"POST": (VIEW_GATES, LIMIT_GATES)}

    @extend_schema(operation_id="queues_limit", request=LimitSerializer, responses=QueueSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Run at most so many of the queue at once."""
        wanted = LimitSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            service.set_limit(name, wanted.validated_data["limit"], by=self.staff)
        except UnknownQueue as error:
            raise NotFound(str(error)) from error
        return self.one(name)
