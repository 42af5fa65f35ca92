"""What the exports bring for the tests of all apps: a look at parts and files after each."""

from collections.abc import Iterator

import pytest

from exports.models import Export
from exports.tests.reference import assert_exports_add_up
from tasks.models import RunStatus, TaskRun
from tests.conformance.harness import wait_until


@pytest.fixture(autouse=True)
def _exports_add_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test with real workers, what is in parts and files is what the rows say."""
    has_crew = "crew" in request.fixturenames
    if has_crew:
        # Or it would be gone before it is asked how it ended.
        request.getfixturevalue("crew")
    elif "programs" in request.fixturenames:
        request.getfixturevalue("transactional_db")
    else:
        yield
        return
    yield
    if Export.objects.exists():
        if has_crew:
            # What is complete has its parts cleared away after that.
            wait_until(_nobody_is_at_work, "all exports have ended")
        assert_exports_add_up()


def _nobody_is_at_work() -> bool:
    busy = TaskRun.objects.filter(status__in=(RunStatus.READY, RunStatus.RUNNING))
    return not busy.filter(name__startswith="exports.").exists()
