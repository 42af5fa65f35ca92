"""Fields that REST framework lacks."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers


class PlainJSON(serializers.JSONField):
    """Whatever JSON a row holds. Rows may be written by hand: what is no JSON is shown as text."""

    def to_representation(self, value: Any) -> Any:
        """Return the value, or how it is spelt."""
        try:
            json.dumps(value, allow_nan=False)
        except (ValueError, TypeError, RecursionError):
            return repr(value)[:1000]
        return value
