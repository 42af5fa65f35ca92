"""What is done to runs: to one, to several, and to all that match."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import Conflict
from tasks.api.base import TaskView
from tasks.api.filters import RunFilter, chosen_by
from tasks.api.runs import LOCATION, RunView
from tasks.api.shapes.bulk import BulkSerializer, DoneSerializer
from tasks.api.shapes.runs import WholeRunSerializer
from tasks.control.acts import ACTS, Effect
from tasks.control.matching import Matching
from tasks.errors import ArgumentsDoNotFit, UniqueRunExists, UnknownTask
from tasks.masks import MASK
from tasks.models import TaskRun
from tasks.permissions import CANCEL_RUNS, DELETE_RUNS, ENQUEUE_RUNS, RETRY_RUNS, VIEW_RUNS
from tasks.service import MOST_AT_ONCE, Bulk, service

REFUSED = OpenApiResponse(description="The run's status, or its unique key, does not allow it.")


class RunMove(RunView):
    """Something done to one run."""

    move: ClassVar[Callable[..., Effect]]

    def act(self, id_: uuid.UUID) -> Response:
        """Do it, and answer with the run. Raises `Conflict` when it does not apply."""
        run = self.whole(id_)
        effect = type(self).move([id_], by=self.staff)
        if effect.clashing:
            raise Conflict(_("Another live run holds the unique key of this one."))
        if not effect.applied:
            said = _("The run is %(status)s, which does not allow this.")
            raise Conflict(said % {"status": run.status})
        return Response(WholeRunSerializer(self.whole(id_)).data)


class RunRetry(RunMove):
    """Another life for a run."""

    needs = {"POST": (VIEW_RUNS, RETRY_RUNS)}
    move = service.retry

    @extend_schema(
        operation_id="runs_retry", request=None, responses={200: WholeRunSerializer, 409: REFUSED}
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Give a failed or cancelled run all its attempts again."""
        return self.act(id)


class RunPromote(RunMove):
    """The start of a run before its time."""

    needs = {"POST": (VIEW_RUNS, RETRY_RUNS)}
    move = service.promote

    @extend_schema(
        operation_id="runs_promote", request=None, responses={200: WholeRunSerializer, 409: REFUSED}
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Run a scheduled run now: one that was deferred, or that backs off between attempts."""
        return self.act(id)


class RunCancel(RunMove):
    """The end of a run."""

    needs = {"POST": (VIEW_RUNS, CANCEL_RUNS)}
    move = service.cancel

    @extend_schema(
        operation_id="runs_cancel", request=None, responses={200: WholeRunSerializer, 409: REFUSED}
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Stop a run that has not started; ask one that runs to stop."""
        return self.act(id)


class RunAgain(RunView):
    """One run more like another."""

    needs = {"POST": (VIEW_RUNS, ENQUEUE_RUNS)}
    throttle_kinds = {"POST": "enqueue"}

    @extend_schema(
        operation_id="runs_again",
        request=None,
        parameters=[LOCATION],
        responses={
            201: WholeRunSerializer,
            409: OpenApiResponse(
                description="The task, its arguments or its unique key forbid it."
            ),
        },
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Enqueue the task of a run with its arguments once more; the run stays as it is."""
        self.whole(id)
        try:
            new = service.enqueue_again(id, by=self.staff)
        except (UnknownTask, ArgumentsDoNotFit, UniqueRunExists) as error:
            raise Conflict(str(error)) from error
        return Response(
            WholeRunSerializer(self.whole(new)).data,
            status=201,
            headers={"Location": reverse("tasks-api:run", args=[new])},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Something done to many runs."""

    permission: str
    on_named: Callable[..., Effect]
    on_all: Callable[..., Bulk]


MOVES = {
    "retry": Move(permission=RETRY_RUNS, on_named=service.retry, on_all=service.retry_all),
    "promote": Move(permission=RETRY_RUNS, on_named=service.promote, on_all=service.promote_all),
    "cancel": Move(permission=CANCEL_RUNS, on_named=service.cancel, on_all=service.cancel_all),
    "delete": Move(permission=DELETE_RUNS, on_named=service.delete, on_all=service.delete_all),
}


class RunBulk(TaskView, GenericAPIView[TaskRun]):
    """Something done to the runs that are named, or to all that match."""

    needs = {"POST": (VIEW_RUNS,)}
    parameters = {"POST": tuple(RunFilter.base_filters)}
    queryset = TaskRun.objects.none()
    filter_backends = (DjangoFilterBackend,)
    filterset_class = RunFilter

    @extend_schema(
        operation_id="runs_bulk",
        # The parameters of the list, although this answers with none.
        filters=True,
        request=BulkSerializer,
        responses={
            200: OpenApiResponse(DoneSerializer, "It is done, or was only counted."),
            202: OpenApiResponse(DoneSerializer, "A run does it in the background."),
        },
    )
    def post(self, request: Request) -> Response:
        """Retry, run now (`promote`), cancel or delete many runs at once.

        With `ids`, those are meant, and it is done when the answer comes. With `all_matching`, all
        are meant that the parameters of the address find, as in the list: up to 10,000, in the
        background, by the run whose id is the answer. With `dry_run` they are only counted.
        """
        wanted = BulkSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        if not self.staff.has_perm(MOVES[given["act"]].permission):
            self.permission_denied(request)
        matching = chosen_by(request)
        if given["all_matching"]:
            return self._on_all(matching, given)
        if request.query_params:
            said = _("It picks among all, not among ids.")
            raise ValidationError({name: [said] for name in request.query_params})
        return self._on_named(given)

    def _on_named(self, given: dict[str, Any]) -> Response:
        name, ids = given["act"], given["ids"]
        if given["dry_run"]:
            return _done(given, count=service.count_of(ACTS[name], ids))
        effect = MOVES[name].on_named(ids, by=self.staff)
        return _done(
            given,
            count=effect.applied,
            left=effect.left,
            clashing=[key if self.sees_arguments else MASK for key in effect.clashing],
        )

    def _on_all(self, matching: Matching, given: dict[str, Any]) -> Response:
        name = given["act"]
        if given["dry_run"]:
            return _done(given, count=service.count(ACTS[name], matching))
        bulk = MOVES[name].on_all(matching, by=self.staff)
        return _done(given, status=202, count=bulk.count, run_id=bulk.run_id)


def _done(given: dict[str, Any], *, count: int, status: int = 200, **more: Any) -> Response:
    answer = {
        "act": given["act"],
        "dry_run": given["dry_run"],
        "count": count,
        "capped": given["all_matching"] and count >= MOST_AT_ONCE,
        "run_id": None,
        "left": 0,
        "clashing": [],
        **more,
    }
    return Response(DoneSerializer(answer).data, status=status)
