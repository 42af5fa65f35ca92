"""`schedules/`: when tasks are enqueued by themselves."""

from __future__ import annotations

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.errors import Conflict
from tasks.api import masking
from tasks.api.base import TaskView
from tasks.api.runs import LOCATION
from tasks.api.shapes.things import ScheduleSerializer, StartedSerializer
from tasks.control.timetable import ScheduleState
from tasks.errors import (
    ArgumentsDoNotFit,
    InvalidSchedule,
    UniqueRunExists,
    UnknownSchedule,
    UnknownTask,
)
from tasks.permissions import RUN_SCHEDULES, SWITCH_SCHEDULES, VIEW_SCHEDULES
from tasks.service import service

INVALID = OpenApiResponse(description="The schedule's rule, task or arguments make no sense.")


class ScheduleView(TaskView):
    """What views of schedules have in common."""

    def shown(self, state: ScheduleState) -> ScheduleState:
        """Return it as whoever asks may see it."""
        return state if self.sees_arguments else masking.schedule(state)

    def find(self, id_: int) -> ScheduleState:
        """Return a schedule. Raises `NotFound`."""
        try:
            return service.schedule(id_)
        except UnknownSchedule as error:
            raise NotFound(str(error)) from error

    def switch(self, id_: int, *, on: bool) -> Response:
        """Pause or resume it, and answer with the schedule."""
        state = self.find(id_)
        try:
            service.switch_schedule(state.name, on=on, by=self.staff)
        except InvalidSchedule as error:
            raise Conflict(str(error)) from error
        return Response(ScheduleSerializer(self.shown(self.find(id_))).data)


class ScheduleList(ScheduleView):
    """All schedules."""

    needs = {"GET": (VIEW_SCHEDULES,)}

    @extend_schema(operation_id="schedules_list", responses=ScheduleSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all schedules, by name."""
        states = [self.shown(state) for state in service.schedules()]
        return Response(ScheduleSerializer(states, many=True).data)


class ScheduleDetail(ScheduleView):
    """One schedule."""

    needs = {"GET": (VIEW_SCHEDULES,)}

    @extend_schema(operation_id="schedules_retrieve", responses=ScheduleSerializer)
    def get(self, request: Request, id: int) -> Response:
        """Show a schedule."""
        return Response(ScheduleSerializer(self.shown(self.find(id))).data)


class ScheduleRun(ScheduleView):
    """A run outside the rule."""

    needs = {"POST": (VIEW_SCHEDULES, RUN_SCHEDULES)}
    throttle_kinds = {"POST": "enqueue"}

    @extend_schema(
        operation_id="schedules_run",
        request=None,
        parameters=[LOCATION],
        responses={201: StartedSerializer, 409: INVALID},
    )
    def post(self, request: Request, id: int) -> Response:
        """Enqueue one run at once. The next tick stays when it is."""
        try:
            run_id = service.run_schedule(self.find(id).name, by=self.staff)
        except (UnknownTask, ArgumentsDoNotFit, InvalidSchedule, UniqueRunExists) as error:
            raise Conflict(str(error)) from error
        return Response(
            StartedSerializer({"run_id": run_id}).data,
            status=201,
            headers={"Location": reverse("tasks-api:run", args=[run_id])},
        )


class SchedulePause(ScheduleView):
    """The rest of a schedule."""

    needs = {"POST": (VIEW_SCHEDULES, SWITCH_SCHEDULES)}

    @extend_schema(
        operation_id="schedules_pause",
        request=None,
        responses={200: ScheduleSerializer, 409: INVALID},
    )
    def post(self, request: Request, id: int) -> Response:
        """Switch the schedule off: it enqueues nothing more, also after the next deployment."""
        return self.switch(id, on=False)


class ScheduleResume(ScheduleView):
    """The end of a schedule's rest."""

    needs = {"POST": (VIEW_SCHEDULES, SWITCH_SCHEDULES)}

    @extend_schema(
        operation_id="schedules_resume",
        request=None,
        responses={200: ScheduleSerializer, 409: INVALID},
    )
    def post(self, request: Request, id: int) -> Response:
        """Switch the schedule on: it begins with its next tick, and what it missed stays missed."""
        return self.switch(id, on=True)
