"""`runs/`: all runs, one run, what it is tied to, what it logged."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import PAGE
from api.errors import Conflict
from api.parameters import read
from tasks.api import masking
from tasks.api.base import TaskView
from tasks.api.filters import RunFilter, chosen_by
from tasks.api.pages import RunPages
from tasks.api.shapes.runs import (
    LineSerializer,
    LinesQuery,
    NewRunSerializer,
    RelatedSerializer,
    RunSerializer,
    WholeRunSerializer,
)
from tasks.control.reading import Run, WholeRun
from tasks.errors import (
    ArgumentsDoNotFit,
    ArgumentsInvalid,
    ArgumentsNotJSON,
    ArgumentsTooLarge,
    NotManual,
    UnknownRun,
    UnknownTask,
)
from tasks.models import TaskRun
from tasks.permissions import DELETE_RUNS, ENQUEUE_RUNS, VIEW_ARGUMENTS, VIEW_RUNS
from tasks.results import RunResult
from tasks.service import service

LOCATION = OpenApiParameter(
    "Location",
    OpenApiTypes.URI_REF,
    OpenApiParameter.HEADER,
    description="Where the run is.",
    response=[201],
)


class RunView(TaskView):
    """What views of runs have in common."""

    def shown(self, run: Run) -> Run:
        """Return a line as whoever asks may see it."""
        return run if self.sees_arguments else masking.line(run)

    def whole(self, id_: uuid.UUID) -> WholeRun:
        """Return a run as whoever asks may see it. Raises `NotFound`."""
        try:
            run = service.show(id_)
        except UnknownRun as error:
            raise NotFound(str(error)) from error
        return run if self.sees_arguments else masking.whole(run)


class RunList(RunView, GenericAPIView[TaskRun]):
    """All runs."""

    needs = {"GET": (VIEW_RUNS,), "POST": (VIEW_RUNS, ENQUEUE_RUNS)}
    parameters = {"GET": (*PAGE, *RunFilter.base_filters)}
    throttle_kinds = {"POST": "enqueue"}
    queryset = TaskRun.objects.none()
    filter_backends = (DjangoFilterBackend,)
    filterset_class = RunFilter
    pagination_class = RunPages

    @extend_schema(operation_id="runs_list", responses=RunSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the runs that match, newest first.

        A page may hold fewer than asked for, even none, while `next` leads on: what is rare is
        looked for a part of the table at a time.
        """
        pages = RunPages()
        found = pages.read(request, chosen_by(request))
        page = [self.shown(Run.of(row)) for row in found]
        return pages.get_paginated_response(RunSerializer(page, many=True).data)

    @extend_schema(
        operation_id="runs_create",
        request=NewRunSerializer,
        parameters=[LOCATION],
        responses={
            201: WholeRunSerializer,
            403: OpenApiResponse(description="The task does not opt in with `manual=True`."),
        },
    )
    def post(self, request: Request) -> Response:
        """Run a task that people may run.

        While another run holds its unique key, that run is the answer.
        """
        wanted = NewRunSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        id_ = uuid.UUID(self._enqueued(**wanted.validated_data).id)
        return Response(
            WholeRunSerializer(self.whole(id_)).data,
            status=201,
            headers={"Location": reverse("tasks-api:run", args=[id_])},
        )

    def _enqueued(self, task: str, arguments: dict[str, Any]) -> RunResult[..., Any]:
        try:
            return service.run_by_hand(task, arguments, by=self.staff)
        except UnknownTask as error:
            raise ValidationError({"task": [str(error)]}) from error
        except NotManual as error:
            raise PermissionDenied(str(error)) from error
        except ArgumentsInvalid as error:
            wrong = {name: [text] for name, text in error.errors.items()}
            raise ValidationError({"arguments": wrong}) from error
        except (ArgumentsDoNotFit, ArgumentsNotJSON, ArgumentsTooLarge) as error:
            raise ValidationError({"arguments": [str(error)]}) from error


class RunDetail(RunView):
    """One run."""

    needs = {"GET": (VIEW_RUNS,), "DELETE": (VIEW_RUNS, DELETE_RUNS)}

    @extend_schema(operation_id="runs_retrieve", responses=WholeRunSerializer)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Show all that is known of a run."""
        return Response(WholeRunSerializer(self.whole(id)).data)

    @extend_schema(
        responses={204: None, 409: OpenApiResponse(description="It has not ended badly.")}
    )
    def delete(self, request: Request, id: uuid.UUID) -> Response:
        """Delete a failed or cancelled run."""
        run = self.whole(id)
        if not service.delete([id], by=self.staff).applied:
            said = _("The run is %(status)s: only failed and cancelled runs are deleted.")
            raise Conflict(said % {"status": run.status})
        return Response(status=204)


class RunRelated(RunView):
    """What a run is tied to."""

    needs = {"GET": (VIEW_RUNS,)}

    @extend_schema(operation_id="runs_related", responses=RelatedSerializer)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Show its parent, its neighbours in a workflow, its schedule, and what failed alike."""
        try:
            related = service.related(id)
        except UnknownRun as error:
            raise NotFound(str(error)) from error
        lists: dict[str, Any] = {
            name: [self.shown(run) for run in getattr(related, name)]
            for name in ("before", "after", "members", "same_failure")
        }
        parent = related.parent and self.shown(related.parent)
        return Response(
            RelatedSerializer(
                {**lists, "parent": parent, "group": related.group, "schedule": related.schedule}
            ).data
        )


class RunLines(RunView):
    """What a run has logged. A line may tell arguments."""

    needs = {"GET": (VIEW_RUNS, VIEW_ARGUMENTS)}
    parameters = {"GET": tuple(LinesQuery().fields)}

    @extend_schema(
        operation_id="runs_lines",
        parameters=[LinesQuery],
        responses=LineSerializer(many=True),
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """List the lines that its attempts logged, in order."""
        query = read(request, LinesQuery)
        self.whole(id)
        return Response(LineSerializer(service.lines(id, **query), many=True).data)
