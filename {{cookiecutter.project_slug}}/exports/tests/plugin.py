"""What the exports bring for the tests of all apps: a look at parts and files after each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exports.models import Export
from exports.tests.reference import assert_exports_add_up


@pytest.fixture(autouse=True)
def _exports_add_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test with real workers, what is in parts and files is what the rows say."""
    concerned = "conformance" in Path(str(request.path)).parts[-2:]
    if concerned and "programs" in request.fixturenames:
        request.getfixturevalue("transactional_db")
    else:
        concerned = False
    yield
    if concerned and Export.objects.exists():
        assert_exports_add_up()
