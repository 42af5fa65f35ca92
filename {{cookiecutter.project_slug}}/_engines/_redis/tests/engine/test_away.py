"""Who visits the site while Redis is away sees no error, and hardly waits."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from tasks.models import RunStatus, TaskRun
from tests.engine import visits
from tests.engine.server import free_port

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY_ANSWERS = "redis://10.255.255.1:6379/0"


@pytest.fixture(params=["refuses", "accepts and says nothing", "does not even accept"])
def away(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where no Redis is."""
    if request.param == "refuses":
        yield f"redis://127.0.0.1:{free_port()}/0"
    elif request.param == "does not even accept":
        yield NOBODY_ANSWERS
    else:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
            yield f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


def test_redis_that_is_away_costs_one_short_wait_and_one_line_a_second(
    away: str,
    use_redis: Callable[[str], None],
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.ROOT_URLCONF = visits.__name__

    felt: list[str] = []

    # A machine that stands still for a moment does not do so each time.
    while len(felt) < 3:
        use_redis(away)
        caplog.clear()
        TaskRun.objects.all().delete()
        began = time.monotonic()

        seen = visits.visit(seconds=2.5, every=0.0)

        assert seen.statuses == {200}
        said = [record for record in caplog.records if record.name == "tasks"]
        assert 1 <= len(said) <= time.monotonic() - began + 1
        assert all("is away" in record.getMessage() for record in said)
        assert TaskRun.objects.filter(status=RunStatus.READY).count() == len(seen.ids)
        if max(seen.waits) < 1 and len(seen.ids) > 10:
            return
        felt.append(f"{len(seen.ids)} visits, the longest of {max(seen.waits):.2f} s")
    pytest.fail(f"it was felt each time: {felt}")
