"""Runs as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.bodies import BodySerializer
from tasks.api.shapes.fields import NamedArguments, PlainJSON, ReasonField
from tasks.models import RunStatus


class RunSerializer(serializers.Serializer[Any]):
    """A run as a line of a list. Times are UTC."""

    id = serializers.UUIDField()
    task = serializers.CharField(help_text="The dotted path.")
    queue = serializers.CharField()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    priority = serializers.IntegerField()
    attempt = serializers.IntegerField(help_text="Starts so far.")
    spent = serializers.IntegerField(help_text="Attempts that count against the most allowed.")
    max_attempts = serializers.IntegerField()
    unique_key = serializers.CharField(allow_null=True)
    worker_id = serializers.UUIDField(allow_null=True)
    cancel_requested = serializers.BooleanField()
    enqueued_at = serializers.DateTimeField()
    run_at = serializers.DateTimeField(help_text="When it is due.")
    started_at = serializers.DateTimeField(allow_null=True)
    attempted_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    reason = ReasonField(help_text="Why it was cancelled, where nobody asked.")
    error = serializers.CharField(help_text="Of the newest failed attempt: class and message.")


class FailedSerializer(serializers.Serializer[Any]):
    """An attempt that did not succeed."""

    attempt = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(help_text="The dotted path of the exception's class.")
    message = serializers.CharField()
    traceback = serializers.CharField()
    worker_id = serializers.CharField()
    started_at = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)


class WholeRunSerializer(RunSerializer):
    """All that is known of a run. What is sensitive is masked."""

    args = serializers.ListField(child=PlainJSON())
    kwargs = serializers.DictField(child=PlainJSON())
    return_value = PlainJSON()
    failures = FailedSerializer(many=True)
    progress = PlainJSON()
    expires_at = serializers.DateTimeField(allow_null=True)
    fingerprint = serializers.CharField(
        allow_null=True, help_text="Equal for runs that failed in the same way at the same place."
    )
    workflow_id = serializers.UUIDField(allow_null=True)
    group_id = serializers.UUIDField(allow_null=True)
    parent_id = serializers.CharField(help_text="The run that enqueued it; empty where none did.")
    request_id = serializers.CharField(
        help_text="Of the HTTP request at the beginning; empty where there was none."
    )
    traceparent = serializers.CharField(
        help_text="The trace that it belongs to, as W3C's Trace Context writes it, or empty."
    )


class LineSerializer(serializers.Serializer[Any]):
    """A line that an attempt logged."""

    attempt = serializers.IntegerField()
    position = serializers.IntegerField(help_text="Its place within the attempt, from 0 up.")
    at = serializers.DateTimeField()
    level = serializers.CharField()
    logger = serializers.CharField()
    message = serializers.CharField()


class GroupSerializer(serializers.Serializer[Any]):
    """The group that a run is a member of."""

    id = serializers.UUIDField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()


class TickSerializer(serializers.Serializer[Any]):
    """The tick of a schedule that a run was made for."""

    schedule = serializers.CharField()
    tick = serializers.DateTimeField()


class RelatedSerializer(serializers.Serializer[Any]):
    """What a run is tied to; at most a hundred of each kind."""

    parent = RunSerializer(allow_null=True, help_text="The run that enqueued it.")
    before = RunSerializer(many=True, help_text="What it waits for, or waited for.")
    after = RunSerializer(many=True, help_text="What waits for it.")
    members = RunSerializer(many=True, help_text="Its group, in order, itself included.")
    group = GroupSerializer(allow_null=True)
    schedule = TickSerializer(allow_null=True)
    same_failure = RunSerializer(many=True, help_text="Others that failed alike, newest first.")


class LinesQuery(serializers.Serializer[Any]):
    """Which lines are wanted."""

    attempt = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, default=None, help_text="Of this attempt alone."
    )
    after = serializers.IntegerField(
        min_value=-1,
        max_value=2**31 - 1,
        default=-1,
        help_text="Of an attempt: those behind this position.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=1000)


class NewRunSerializer(BodySerializer):
    """Which task is to run, and with what. `tasks/{name}/` says what it takes."""

    task = serializers.CharField(max_length=255, help_text="The dotted path.")
    arguments = NamedArguments(default=dict, help_text="By name.")
