"""A worker that has gone deaf is replaced."""

import uuid
from unittest.mock import Mock

import pytest

from tasks.worker.actors import ActorPool
from tasks.worker.broker import LaneBroker
from tasks.worker.knocks import Knocks
from tests.conformance.harness import wait_until
from tests.engine.server import RedisServer


def pool() -> ActorPool:
    return ActorPool(
        1,
        Mock(),
        Mock(),
        Mock(),
        queues=(),
        worker_id=uuid.uuid4(),
        knocks=Knocks(Mock()),
        look=Mock(),
        call=Mock(),
        room_for_calls=lambda: 0,
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_ends_by_an_error_of_its_own_is_noticed(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(LaneBroker, "wake_all", Mock(side_effect=RuntimeError("unheard of")))
        deaf = pool()
        deaf.start()

        wait_until(lambda: not deaf.are_alive(), "the process notices")
        assert all(thread.is_alive() for thread in deaf._threads)

    deaf.stop_fetching()


def test_a_listener_that_was_told_to_stop_or_misses_redis_is_well(server: RedisServer) -> None:
    well = pool()
    well.start()
    server.stop()
    wait_until(lambda: well.broker.outage._is_said, "it misses Redis")

    assert well.are_alive()
    well.stop_fetching()
    assert well._listener.is_listening()
