"""What is done to many runs at once, and what came of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.bodies import BodySerializer
from tasks.control.acts import ACTS, BATCH

ACT_CHOICES = sorted(ACTS)


class BulkSerializer(BodySerializer):
    """What is to be done, and to which runs."""

    act = serializers.ChoiceField(choices=ACT_CHOICES)
    ids = serializers.ListField(
        child=serializers.UUIDField(), default=list, max_length=BATCH, help_text="These runs."
    )
    all_matching = serializers.BooleanField(
        default=False, help_text="All that the address finds, instead of `ids`."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Count, and do nothing.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """Either some runs are named, or all are meant that match."""
        if bool(given["ids"]) == given["all_matching"]:
            raise serializers.ValidationError({"ids": [_("Give either ids or all_matching.")]})
        return given


class DoneSerializer(serializers.Serializer[Any]):
    """What was done, is being done, or would be done."""

    act = serializers.ChoiceField(choices=ACT_CHOICES)
    dry_run = serializers.BooleanField()
    count = serializers.IntegerField(help_text="To how many runs it applied, or would apply.")
    capped = serializers.BooleanField(help_text="More may match: do it again afterwards.")
    run_id = serializers.UUIDField(allow_null=True, help_text="The run that does it.")
    left = serializers.IntegerField(help_text="Runs that are as they were.")
    clashing = serializers.ListField(
        child=serializers.CharField(),
        help_text="Unique keys that other live runs hold; masked like arguments.",
    )
