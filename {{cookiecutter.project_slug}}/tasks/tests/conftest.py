"""What the tests of the task system share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from tasks.models import Schedule


@pytest.fixture(autouse=True)
def no_schedules(request: pytest.FixtureRequest, _django_db_marker: None) -> None:
    """The task system is tested without the schedules that the shop declares."""
    if request.node.get_closest_marker("django_db"):
        Schedule.objects.all().delete()


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The file as long as which `fail_while` fails."""
    path = tmp_path / "broken"
    path.touch()
    return path


@pytest.fixture
def immediate() -> Iterator[None]:
    """Every call runs at once, and keeps no row."""
    yield from _using("tasks.backend.RunNowBackend")


@pytest.fixture
def dummy() -> Iterator[None]:
    """No call runs; they are remembered."""
    yield from _using("tasks.backend.RecordBackend")


def _using(backend: str) -> Iterator[None]:
    with override_settings(TASKS={"default": {"BACKEND": backend, "QUEUES": []}}):
        yield
