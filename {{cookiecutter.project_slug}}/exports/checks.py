"""What is checked about exports when the site starts."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

S3 = "storages.backends.s3.S3Storage"


def check_storage(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """The storage of exports can be made."""
    backend = settings.STORAGES["exports"]["BACKEND"]
    # The package of a backend can be there without what it speaks to a bucket with.
    needed = {backend.partition(".")[0], *(["boto3"] if backend == S3 else [])}
    if all(find_spec(name) is not None for name in needed):
        return []
    return [
        checks.Error(
            f"EXPORT_BUCKET is set, and {backend} is not installed.",
            hint="Install it: uv sync --extra s3",
            id="exports.E001",
        )
    ]
