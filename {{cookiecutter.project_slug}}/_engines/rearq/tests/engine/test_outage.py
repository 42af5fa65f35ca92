"""Redis may go away, be emptied, or be absent from the start: nobody waits and nothing is lost."""

import time
from typing import Any

import pytest

from tasks.enqueue import enqueue_many
from tasks.models import RunStatus, TaskRun
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, take
from tests.conformance.harness import Programs, wait_for_status, wait_until
from tests.engine import visits
from tests.engine.server import RedisServer

OUTAGE_SECONDS = 20.0
EVERY_SECONDS = 0.1
BACK_SECONDS = 30.0
"""From Redis' return to the end of all runs."""
WIPED_SECONDS = 90.0


@pytest.mark.timeout(OUTAGE_SECONDS + BACK_SECONDS + 60)
def test_enqueueing_goes_on_without_redis_and_nobody_waits(
    programs: Programs, server: RedisServer, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.ROOT_URLCONF = visits.__name__
    programs.timer()
    program = programs.worker()
    workers = program.workers()
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    caplog.clear()

    server.stop()
    seen = visits.visit(seconds=OUTAGE_SECONDS, every=EVERY_SECONDS)
    server.start()

    wait_for_status(RunStatus.SUCCESSFUL, *seen.ids, seconds=BACK_SECONDS)
    assert seen.statuses == {200}
    assert visits.share_of_long(seen.waits, OUTAGE_SECONDS) < 1 / 3
    assert Mark.objects.count() == len(seen.ids) > OUTAGE_SECONDS
    said = [record for record in caplog.records if record.name == "tasks"]
    assert 1 <= len(said) <= OUTAGE_SECONDS + 1
    assert program.workers() == workers
    wait_until(lambda: "is back" in program.log.read_text(), "the worker found its way back")
    assert program.log.read_text().count("is away") == 1


@pytest.mark.timeout(2 * WIPED_SECONDS)
def test_redis_is_emptied_twice_and_each_run_has_its_effect_once(
    programs: Programs, server: RedisServer
) -> None:
    programs.timer()
    programs.worker("--threads=10", processes=2)
    running = enqueue_many(take, [((f"running {number}", 2.0), {}) for number in range(20)])
    wait_for_status(RunStatus.RUNNING, *(result.id for result in running))
    waiting = enqueue_many(take, [((f"waiting {number}", 0.05), {}) for number in range(500)])

    server.client().flushall()
    time.sleep(1)
    server.client().flushall()

    ids = [result.id for result in (*running, *waiting)]
    wait_for_status(RunStatus.SUCCESSFUL, *ids, seconds=WIPED_SECONDS)
    assert Mark.objects.count() == 520
    assert Mark.objects.values("label").distinct().count() == 520
    # A claim that was handed back unstarted is counted, and refunded.
    assert not TaskRun.objects.exclude(spent=1).exists()


def test_a_worker_that_starts_before_redis_says_so_and_works(
    programs: Programs, server: RedisServer
) -> None:
    server.stop()
    program = programs.worker()
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)

    server.start()

    wait_until(lambda: "is back" in program.log.read_text(), "the worker found Redis")
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    assert program.log.read_text().count("is away") == 1


def test_a_redis_that_may_throw_messages_away_is_warned_of(
    programs: Programs, server: RedisServer, settings: Any
) -> None:
    server.client().config_set("maxmemory-policy", "allkeys-lru")

    program = programs.worker()

    wait_until(lambda: "allkeys-lru" in program.log.read_text(), "the worker warned")
    assert server.url == settings.REDIS_URL
