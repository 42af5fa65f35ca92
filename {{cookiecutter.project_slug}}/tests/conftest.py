"""What every test with real workers and timers stands on."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tasks.models import Schedule, TaskRun
from tasks.tests.sample.models import Mark, Visit
from tests.conformance.harness import Program, Programs


@pytest.fixture
def programs(tmp_path: Path, transactional_db: None) -> Iterator[Programs]:
    """Starts workers and timers; ends them, and shows what they wrote if the test failed."""
    # A timer enqueues what the test has scheduled, and not what the shop has.
    Schedule.objects.update(enabled=False)
    started = Programs(tmp_path)
    yield started
    started.kill_all()
    sys.stdout.write(started.logs())


@pytest.fixture(scope="module")
def hired(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Program]:
    """Two worker processes for all tests of a file: to start them costs more than most tests do."""
    started = Programs(tmp_path_factory.mktemp("crew"))
    with django_db_blocker.unblock():
        try:
            yield started.worker("--threads=8", processes=2)
        finally:
            started.kill_all()
            call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def crew(hired: Program) -> Iterator[Program]:
    """Those workers, with nothing to do yet. For tests that harm nobody."""
    for model in (TaskRun, Mark, Visit):
        model.objects.all().delete()
    told = len(hired.log.read_text())
    yield hired
    sys.stdout.write(hired.log.read_text()[told:])


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """The file for which the held tasks wait."""
    return tmp_path / "gate"
