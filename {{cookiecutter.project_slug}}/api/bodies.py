"""What a client sends: a field that nobody knows is a slip, and is said so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers


class BodySerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have: `dryrun` would do what `dry_run` only counts."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what was sent. Raises `ValidationError`, naming each field that is unknown."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            said = _("This is no field. There are: %(names)s.")
            said %= {"names": ", ".join(sorted(self.fields))}
            raise serializers.ValidationError({name: [said] for name in unknown})
        return super().to_internal_value(data)
