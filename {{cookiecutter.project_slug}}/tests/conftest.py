"""What every test with real workers and timers stands on."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.models import Schedule
from tests.conformance.harness import Programs


@pytest.fixture
def programs(tmp_path: Path, transactional_db: None) -> Iterator[Programs]:
    """Starts workers and timers; ends them, and shows what they wrote if the test failed."""
    # A timer enqueues what the test has scheduled, and not what the shop has.
    Schedule.objects.update(enabled=False)
    started = Programs(tmp_path)
    yield started
    started.kill_all()
    sys.stdout.write(started.logs())


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file for which the held tasks wait."""
    return tmp_path / "gate"
