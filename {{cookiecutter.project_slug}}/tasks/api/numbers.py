"""`stats/`, `timeline/`, `overview/`: how things are going."""

from __future__ import annotations

from datetime import timedelta

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.parameters import read
from tasks.api import masking
from tasks.api.base import TaskView
from tasks.api.shapes.numbers import (
    StatisticsQuery,
    StatisticsSerializer,
    TimelineQuery,
    TimelineSerializer,
)
from tasks.api.shapes.things import OverviewSerializer
from tasks.permissions import VIEW_GATES, VIEW_RUNS, VIEW_SCHEDULES, VIEW_WORKERS
from tasks.service import service

NEXT = 10
STEPS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}


class StatisticsView(TaskView):
    """Numbers of queues or tasks."""

    needs = {"GET": (VIEW_RUNS,)}
    parameters = {"GET": tuple(StatisticsQuery().fields)}

    @extend_schema(
        operation_id="stats", parameters=[StatisticsQuery], responses=StatisticsSerializer
    )
    def get(self, request: Request) -> Response:
        """Show what is there now and what ended within a window, by queue or by task."""
        query = read(request, StatisticsQuery)
        found = service.statistics(
            timedelta(seconds=query["window"]), by="name" if query["by"] == "task" else "queue"
        )
        return Response(StatisticsSerializer(found).data)


class TimelineView(TaskView):
    """What ended, a step at a time."""

    needs = {"GET": (VIEW_RUNS,)}
    parameters = {"GET": tuple(TimelineQuery().fields)}

    @extend_schema(
        operation_id="timeline", parameters=[TimelineQuery], responses=TimelineSerializer
    )
    def get(self, request: Request) -> Response:
        """Show what ended in every minute or hour; none is left out."""
        query = read(request, TimelineQuery)
        step = STEPS[query.pop("step")]
        try:
            found = service.timeline(step, **query)
        except ValueError as error:
            raise ValidationError({"since": [str(error)]}) from error
        return Response(TimelineSerializer(found).data)


class OverviewView(TaskView):
    """What one looks at first."""

    needs = {"GET": (VIEW_RUNS, VIEW_GATES, VIEW_WORKERS, VIEW_SCHEDULES)}

    @extend_schema(operation_id="overview", responses=OverviewSerializer)
    def get(self, request: Request) -> Response:
        """Show numbers, queues, workers and the next schedules on one page."""
        found = service.statistics()
        schedules = [each for each in service.schedules() if each.enabled and each.next_at]
        schedules.sort(key=lambda each: str(each.next_at and each.next_at.isoformat()))
        shown = {
            "since": found.since,
            "until": found.until,
            "total": found.total,
            "queues": service.queues(),
            "workers": service.workers(),
            "paused_tasks": service.paused_tasks(),
            "schedules": [
                each if self.sees_arguments else masking.schedule(each) for each in schedules[:NEXT]
            ],
        }
        return Response(OverviewSerializer(shown).data)
