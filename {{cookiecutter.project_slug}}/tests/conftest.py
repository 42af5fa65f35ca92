"""What every test with real workers and timers stands on."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker, Settings

from tasks.models import Schedule, TaskRun
from tasks.tests.sample.models import Mark, Visit
from tests.conformance.harness import Program, Programs


class Hired:
    """Two worker processes for many tests: to start them costs more than most tests do."""

    def __init__(self, folder: Path) -> None:
        self._programs = Programs(folder)
        self._crew: Program | None = None

    def crew(self) -> Program:
        """Return them; start them unless they are there."""
        if self._crew is None:
            try:
                self._crew = self._programs.worker("--threads=8", processes=2)
            except BaseException:
                # Or each test that asks for them would leave another two behind.
                self._programs.kill_all()
                raise
        return self._crew

    def dismiss(self) -> None:
        """End them, and clear away what their tests have left."""
        if self._crew is not None:
            self._programs.kill_all()
            self._crew = None
            call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def no_manifest(settings: Settings, tmp_path: Path) -> None:
    """Nobody has typed `collectstatic`: every page that names a file of it raises."""
    files = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": files}
    settings.STATIC_ROOT = str(tmp_path)


@pytest.fixture
def programs(tmp_path: Path, hired: Hired, transactional_db: None) -> Iterator[Programs]:
    """Starts workers and timers; ends them, and shows what they wrote if the test failed."""
    # They would take what is meant for those that the test starts.
    hired.dismiss()
    # A timer enqueues what the test has scheduled, and not what the shop has.
    Schedule.objects.update(enabled=False)
    started = Programs(tmp_path)
    yield started
    started.kill_all()
    sys.stdout.write(started.logs())


@pytest.fixture(scope="session")
def hired(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Hired]:
    """Stays from test to test: pytest-django runs those that ask for no `db` one after another."""
    hired = Hired(tmp_path_factory.mktemp("hired"))
    yield hired
    with django_db_blocker.unblock():
        hired.dismiss()


@pytest.fixture
def crew(hired: Hired, django_db_blocker: DjangoDbBlocker) -> Iterator[Program]:
    """Two worker processes with nothing to do. For tests that harm nobody."""
    with django_db_blocker.unblock():
        crew = hired.crew()
        for model in (TaskRun, Mark, Visit):
            model.objects.all().delete()
        told = len(crew.log.read_text())
        yield crew
        sys.stdout.write(crew.log.read_text()[told:])


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file for which the held tasks wait."""
    return tmp_path / "gate"
