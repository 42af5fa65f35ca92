"""A Redis that is full refuses some and answers others: nobody waits, and little is said."""

import time

import pytest
from redis import RedisError

from tasks.models import RunStatus
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import leave_mark
from tasks.worker import outage
from tasks.worker.outage import Outage
from tests.conformance.harness import Programs, wait_for_status
from tests.engine.server import RedisServer
from tests.engine.visits import share_of_long

FULL_SECONDS = 5.0
EVERY_SECONDS = 0.1


def test_a_redis_that_is_full_costs_no_run_and_fills_no_log(
    programs: Programs, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    program = programs.worker()
    workers = program.workers()
    ids = [leave_mark.enqueue("before").id]
    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    waits = []

    server.client().config_set("maxmemory", "1kb")
    ends = time.monotonic() + FULL_SECONDS
    while (began := time.monotonic()) < ends:
        ids.append(leave_mark.enqueue(f"mark {len(ids)}").id)
        waits.append(time.monotonic() - began)
        time.sleep(EVERY_SECONDS)
    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    server.client().config_set("maxmemory", "0")
    ids.append(leave_mark.enqueue("after").id)

    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    assert Mark.objects.values("label").distinct().count() == Mark.objects.count() == len(ids)
    assert share_of_long(waits, FULL_SECONDS) < 1 / 3
    assert program.workers() == workers
    assert program.log.read_text().count("is away") <= 1
    said = [record for record in caplog.records if record.name == "tasks"]
    assert 1 <= len(said) <= FULL_SECONDS + 1


def test_one_part_that_fails_beside_others_that_do_not_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", "tasks.worker")
    noticed = Outage()

    for _ in range(100):
        noticed.note(RedisError("no memory is left"))
        noticed.end()
    assert [record.levelname for record in caplog.records] == ["ERROR"]

    monkeypatch.setattr(outage, "STEADY_SECONDS", 0.0)
    for _ in range(2):
        noticed.end()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
