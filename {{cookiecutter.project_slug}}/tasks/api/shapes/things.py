"""Queues, tasks, workers and schedules as the API writes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.bodies import BodySerializer
from tasks.api.shapes.fields import PlainJSON, ReasonField
from tasks.api.shapes.numbers import DepthSerializer, FlowSerializer, NumbersSerializer
from tasks.control.workforce import Health
from tasks.models import Wish
from tasks.options import MAX_RUNNING
from tasks.parameters import Kind, Parameter


class QueueSerializer(serializers.Serializer[Any]):
    """A queue."""

    name = serializers.CharField()
    paused_at = serializers.DateTimeField(allow_null=True, help_text="Null: it is not paused.")
    limit = serializers.IntegerField(
        allow_null=True, help_text="The most runs at once; null: as many as there is room for."
    )
    depth = DepthSerializer()


class LimitSerializer(BodySerializer):
    """How many runs of a queue may run at once."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_RUNNING, allow_null=True, help_text="Null takes it away."
    )


class HeldSerializer(serializers.Serializer[Any]):
    """A run that a worker is at."""

    id = serializers.UUIDField()
    task = serializers.CharField()
    since = serializers.DateTimeField()


class WorkerSerializer(serializers.Serializer[Any]):
    """A worker process that is alive or was lost lately."""

    id = serializers.UUIDField()
    host = serializers.CharField()
    pid = serializers.IntegerField()
    engine = serializers.CharField()
    queues = serializers.ListField(child=serializers.CharField(), help_text="Empty: all.")
    threads = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    silence = serializers.FloatField(help_text="Seconds since its last beat.")
    health = serializers.ChoiceField(choices=[(each.value, each.name) for each in Health])
    wish = serializers.ChoiceField(choices=Wish.choices, help_text="What people ask of it.")
    runs = HeldSerializer(many=True, help_text="Longest first.")


class ScheduleSerializer(serializers.Serializer[Any]):
    """A schedule."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    task = serializers.CharField()
    args = serializers.ListField(child=PlainJSON())
    kwargs = serializers.DictField(child=PlainJSON())
    rule = serializers.CharField(help_text="Such as `0 6 * * *` or `every 0:05:00`.")
    timezone = serializers.CharField()
    enabled = serializers.BooleanField()
    from_code = serializers.BooleanField(help_text="Declared beside its task.")
    next_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    last_run_id = serializers.UUIDField(allow_null=True)
    last_reason = ReasonField(help_text="Why the newest tick was missed.")


class StartedSerializer(serializers.Serializer[Any]):
    """What was enqueued."""

    run_id = serializers.UUIDField()


class ChoiceSerializer(serializers.Serializer[Any]):
    """One value that an argument may have."""

    value = PlainJSON()
    called = serializers.CharField()


class ParameterSerializer(serializers.Serializer[Any]):
    """An argument of a task that people may run."""

    name = serializers.CharField()
    type = serializers.ChoiceField(
        choices=[(each.value, each.name) for each in Kind], source="kind"
    )
    is_nullable = serializers.BooleanField()
    is_required = serializers.BooleanField()
    default = PlainJSON(help_text="Of one that is not required.")
    choices = serializers.SerializerMethodField(help_text="Of a choice.")
    is_sensitive = serializers.BooleanField(help_text="It is never shown.")

    @extend_schema_field(ChoiceSerializer(many=True))
    def get_choices(self, parameter: Parameter) -> Any:
        """Return the values and what they are called."""
        pairs = [{"value": value, "called": called} for value, called in parameter.choices]
        return ChoiceSerializer(pairs, many=True).data


class TaskSerializer(serializers.Serializer[Any]):
    """A task that an installed app declares, and how it was doing within the last hour."""

    name = serializers.CharField(help_text="The dotted path.")
    summary = serializers.CharField(help_text="The first line of its documentation.")
    signature = serializers.CharField(help_text="What a call takes.")
    queue = serializers.CharField()
    priority = serializers.IntegerField()
    options = serializers.DictField(
        child=PlainJSON(), help_text="Those that it declares other than as they are unless told."
    )
    is_manual = serializers.BooleanField(help_text="People may run it: POST to `runs/`.")
    parameters = ParameterSerializer(many=True, help_text="Of one that people may run.")
    paused_at = serializers.DateTimeField(allow_null=True, help_text="Null: it is not paused.")
    depth = DepthSerializer()
    flow = FlowSerializer()


class PausedSerializer(serializers.Serializer[Any]):
    """Whether a task is paused."""

    name = serializers.CharField()
    paused_at = serializers.DateTimeField(allow_null=True, help_text="Null: it is not paused.")


class OverviewSerializer(serializers.Serializer[Any]):
    """What one looks at first: what is there now, and what ended within the last hour."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = NumbersSerializer()
    queues = QueueSerializer(many=True)
    workers = WorkerSerializer(many=True)
    paused_tasks = serializers.DictField(
        child=serializers.DateTimeField(), help_text="By name: since when."
    )
    schedules = ScheduleSerializer(many=True, help_text="The next ten to be due.")
