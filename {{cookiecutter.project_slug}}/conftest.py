"""What every test of the project stands on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test.utils import setup_databases, teardown_databases
from django.utils import translation
from pytest_django import DjangoDbBlocker

# What an app brings for the tests of others goes with it when it is removed.
pytest_plugins = ["tests.browser"] + [
    f"{file.parts[-3]}.tests.plugin" for file in Path(__file__).parent.glob("*/tests/plugin.py")
]


@pytest.fixture(scope="session", autouse=True)
def folder() -> Iterator[Path]:
    """The folder that `tests.settings` names: the SQLite database and the mails of the tests."""
    path = Path(os.environ["TEST_FOLDER"])
    path.mkdir()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def django_db_setup(
    folder: Path, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database, also for tests that pytest-django does not see to want one: see `crew`."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a test had the database go away is nothing to the next one."""
    from tasks.ledger import leases, outage

    monkeypatch.setattr(leases, "outage", type(outage)())


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Users of different tests have the same ids: what one has asked is not counted to another."""
    from tasks.admin import badges

    cache.clear()
    badges.remembered.clear()


@pytest.fixture(autouse=True)
def no_language() -> None:
    """A request leaves its language to its thread: one in German is nothing to the next test."""
    translation.deactivate()
