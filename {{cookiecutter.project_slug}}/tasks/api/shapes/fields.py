"""Fields that REST framework lacks."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tasks.reasons import told


class ReasonField(serializers.CharField):
    """Why something did not happen, in the language of the request."""

    def to_representation(self, value: Any) -> str:
        """Return a reason as its reader knows it."""
        return told(str(value))


@extend_schema_field({"type": "object", "additionalProperties": {}})
class NamedArguments(serializers.JSONField):
    """Values of JSON by name; what each may be, the task's signature says."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return what was sent. Raises `ValidationError` for what is no object."""
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Must be an object of JSON."))
        return data


class PlainJSON(serializers.JSONField):
    """Whatever JSON a row holds. Rows may be written by hand: what is no JSON is shown as text."""

    def to_representation(self, value: Any) -> Any:
        """Return the value, or how it is spelt. Null needs no leave: it is JSON like all else."""
        try:
            json.dumps(value, allow_nan=False)
        except (ValueError, TypeError, RecursionError):
            return repr(value)[:1000]
        return value
