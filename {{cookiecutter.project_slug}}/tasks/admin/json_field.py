"""The field in which people write JSON."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from tasks.admin.payloads import printable


class JSONField(forms.JSONField):
    """Django's own fails on what is nested too deeply, and cannot show halves of characters."""

    def to_python(self, value: Any) -> Any:
        """Return the value. Raises `ValidationError`."""
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was typed, as it is where it cannot be read."""
        try:
            return super().bound_data(data, initial)
        except RecursionError:
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> str:
        """Return it as it is shown."""
        return printable(super().prepare_value(value))
