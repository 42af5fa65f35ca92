"""What several tests of the task system need."""

from pathlib import Path

import pytest


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The file as long as which `fail_while` fails."""
    path = tmp_path / "broken"
    path.touch()
    return path
