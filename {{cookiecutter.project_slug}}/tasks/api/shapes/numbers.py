"""Statistics as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

MONTH = 31 * 24 * 3600


class DepthSerializer(serializers.Serializer[Any]):
    """How many runs are there now, by their status."""

    ready = serializers.IntegerField()
    scheduled = serializers.IntegerField()
    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    failed = serializers.IntegerField()
    oldest_ready = serializers.FloatField(
        allow_null=True, help_text="Seconds since the oldest ready run was due."
    )


class PercentilesSerializer(serializers.Serializer[Any]):
    """In seconds; null when nothing was measured."""

    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)


class EndedSerializer(serializers.Serializer[Any]):
    """What ended within a span of time."""

    successful = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    wait = PercentilesSerializer(help_text="From due to started.")
    duration = PercentilesSerializer(help_text="From started, the last time, to ended.")


class FlowSerializer(EndedSerializer):
    """What ended within the window."""

    per_minute = serializers.FloatField(help_text="Runs that succeeded or failed.")
    failure_rate = serializers.FloatField(
        allow_null=True, help_text="From 0 to 1; null when none succeeded or failed."
    )


class NumbersSerializer(serializers.Serializer[Any]):
    """Of one queue, of one task, or of all."""

    name = serializers.CharField(help_text="Of the queue or the task; empty for all.")
    depth = DepthSerializer()
    flow = FlowSerializer()


class StatisticsSerializer(serializers.Serializer[Any]):
    """What is there now, and what ended since a time."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = NumbersSerializer()
    parts = NumbersSerializer(many=True, help_text="One for each queue or task, by name.")


class StatisticsQuery(serializers.Serializer[Any]):
    """What statistics are wanted."""

    by = serializers.ChoiceField(choices=("queue", "task"), default="queue")
    window = serializers.IntegerField(
        min_value=60, max_value=MONTH, default=3600, help_text="In seconds, up to now."
    )


class BucketSerializer(EndedSerializer):
    """What ended within one minute or hour."""

    starts_at = serializers.DateTimeField()


class TimelineSerializer(serializers.Serializer[Any]):
    """A span of time in equal steps, oldest first, none left out."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    step = serializers.SerializerMethodField(help_text="In seconds.")
    buckets = BucketSerializer(many=True)

    def get_step(self, timeline: Any) -> int:
        """In seconds."""
        return int(timeline.step.total_seconds())


class TimelineQuery(serializers.Serializer[Any]):
    """Which span, in which steps."""

    step = serializers.ChoiceField(choices=("minute", "hour"), default="hour")
    since = serializers.DateTimeField(
        default=None, help_text="Unless given, the last 60 minutes or 24 hours."
    )
    until = serializers.DateTimeField(default=None, help_text="Now unless given.")
    task = serializers.CharField(max_length=255, default=None, help_text="Of this task alone.")
    queue = serializers.CharField(max_length=64, default=None, help_text="Of this queue alone.")
