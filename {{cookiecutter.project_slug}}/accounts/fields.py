"""E-mail addresses as a login name: one spelling for each."""

from typing import Any

from django.db import models


def normalize(address: str) -> str:
    """Return the one spelling of an address: no space around it, lower case."""
    return address.strip().lower()


class LoginEmailField(models.EmailField[str, str]):
    """An e-mail address that is normalised wherever it enters: forms, saves and look-ups.

    So a plain unique index makes it unique whatever its case, and `get(email="Ada@Example.com")`
    finds `ada@example.com`.
    """

    def to_python(self, value: Any) -> Any:
        return _normalized(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return _normalized(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        address = _normalized(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, address)
        return address


def _normalized(value: Any) -> Any:
    return normalize(value) if isinstance(value, str) else value
