"""`workers/`: who is at work, and what is asked of them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import Conflict
from tasks.api.base import TaskView
from tasks.api.shapes.things import WorkerSerializer
from tasks.errors import UnknownWorker
from tasks.models import Wish
from tasks.permissions import CONTROL_WORKERS, VIEW_WORKERS
from tasks.service import service

ASKED = {
    200: WorkerSerializer,
    409: OpenApiResponse(description="It is not alive, or was asked to stop before."),
}


class WorkerList(TaskView):
    """All workers."""

    needs = {"GET": (VIEW_WORKERS,)}

    @extend_schema(operation_id="workers_list", responses=WorkerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the worker processes that are alive or were lost lately, by host."""
        return Response(WorkerSerializer(service.workers(), many=True).data)


class WorkerDetail(TaskView):
    """One worker."""

    needs = {"GET": (VIEW_WORKERS,)}

    @extend_schema(operation_id="workers_retrieve", responses=WorkerSerializer)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Show a worker process, and what it is at."""
        return _one(id)


class WorkerWish(TaskView):
    """Something asked of a worker. It hears of it with its next beat."""

    needs = {"POST": (VIEW_WORKERS, CONTROL_WORKERS)}
    wish: ClassVar[Wish]

    def ask(self, id_: uuid.UUID) -> Response:
        """Ask it, and answer with the worker."""
        before = _one(id_)
        try:
            service.ask_worker(id_, self.wish, by=self.staff)
        except UnknownWorker as error:
            raise Conflict(str(error)) from error
        after = _one(id_)
        if after.data["wish"] != self.wish:
            said = _("The worker was asked before: %(wish)s.")
            raise Conflict(said % {"wish": before.data["wish"]})
        return after


class WorkerQuiet(WorkerWish):
    """A worker's rest."""

    wish = Wish.QUIET

    @extend_schema(operation_id="workers_quiet", request=None, responses=ASKED)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Ask it to finish what it holds, and to take nothing new until it is asked to resume."""
        return self.ask(id)


class WorkerResume(WorkerWish):
    """The end of a worker's rest."""

    wish = Wish.WORK

    @extend_schema(operation_id="workers_resume", request=None, responses=ASKED)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Ask it to take runs again."""
        return self.ask(id)


class WorkerStop(WorkerWish):
    """A worker's end."""

    wish = Wish.STOP

    @extend_schema(operation_id="workers_stop", request=None, responses=ASKED)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Ask it to finish what it holds, and to leave. That cannot be taken back."""
        return self.ask(id)


def _one(id_: uuid.UUID) -> Response:
    for worker in service.workers():
        if worker.id == id_:
            return Response(WorkerSerializer(worker).data)
    raise NotFound(_("There is no worker %(id)s. It may have left.") % {"id": id_})
