"""What is checked about cleaners when the site starts."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.models import Model

from cleanup.cleaners import Cleaner, cleaners


def check_cleaners(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Every cleaner finds its rows by an index."""
    return [
        checks.Error(
            f"The cleaner {cleaner.name!r} looks for old rows by {cleaner.age!r}, which has no "
            "index: every batch would read the whole table.",
            hint=f"Add models.Index(fields=[{cleaner.age!r}]) to the model's Meta.indexes.",
            obj=cleaner.rows().model,
            id="cleanup.E001",
        )
        for cleaner in cleaners()
        if not _has_index(cleaner)
    ]


def _has_index(cleaner: Cleaner) -> bool:
    model = cleaner.rows().model
    field = model._meta.get_field(cleaner.age)
    return field.db_index or field.unique or cleaner.age in _first_fields(model)


def _first_fields(model: type[Model]) -> Iterator[str]:
    for index in model._meta.indexes:
        if index.fields and index.condition is None:
            yield index.fields[0].removeprefix("-")
