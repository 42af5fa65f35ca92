"""What every test of the project stands on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def folder() -> Iterator[Path]:
    """The folder that `tests.settings` names: the SQLite database and the mails of the tests."""
    path = Path(os.environ["TEST_FOLDER"])
    path.mkdir()
    yield path
    shutil.rmtree(path)
