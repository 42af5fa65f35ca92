"""What is checked about exports when the site starts."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


def check_storage(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """The storage of exports can be made."""
    backend = settings.STORAGES["exports"]["BACKEND"]
    if find_spec(backend.partition(".")[0]) is not None:
        return []
    return [
        checks.Error(
            f"EXPORT_BUCKET is set, and {backend} is not installed.",
            hint="Install it: uv sync --extra s3",
            id="exports.E001",
        )
    ]
