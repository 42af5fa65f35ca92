"""Redis is emptied, stopped, and full of nonsense: every run is done, and once."""

import os
import signal
import time
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from tasks import ledger
from tasks.engine import engine
from tasks.enqueue import enqueue_many
from tasks.models import GateKind, RunStatus, TaskRun, Worker
from tasks.tests.factories import make_run
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, hold, leave_mark
from tests.conformance.harness import Programs, wait_for_status, wait_until
from tests.engine import hosts, visits
from tests.engine.carrier import NONSENSE, RedisCarrier
from tests.engine.server import RedisServer

BACKLOG = 10_000


def test_nonsense_is_set_aside_with_a_reason_and_what_follows_it_runs(
    programs: Programs, redis: RedisCarrier
) -> None:
    program = programs.worker("--threads=4")
    workers = program.workers()
    ids = []

    for name, text in NONSENSE.items():
        redis.send(name, text)
        ids += [result.id for result in enqueue_many(add, [((n, n), {}) for n in range(20)])]

    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    aside = wait_until(
        lambda: notes if len(notes := redis.aside()) == len(NONSENSE) else None, "all are aside"
    )
    assert all(note["reason"] and len(note["begins"]) <= 2000 for note in aside)
    assert program.log.read_text().count("was set aside") == len(NONSENSE)
    assert program.workers() == workers
    wait_until(lambda: not any(b".msgs" in key for key in redis.present()), "nothing is left")


@pytest.mark.timeout(200)
def test_redis_that_is_emptied_twice_costs_no_run_and_doubles_none(
    programs: Programs, redis: RedisCarrier, gate: Path
) -> None:
    programs.worker("--threads=10", processes=2)
    held = [result.id for result in enqueue_many(hold, [(("held", str(gate)), {})] * 20)]
    wait_until(lambda: Mark.objects.count() == 20, "twenty began")
    queued = [
        result.id for result in enqueue_many(leave_mark, [((str(n),), {}) for n in range(500)])
    ]

    redis.client.flushall()
    time.sleep(1)
    redis.client.flushall()
    gate.touch()

    wait_for_status(RunStatus.SUCCESSFUL, *held, *queued, seconds=90)
    assert set(
        Counter(Mark.objects.exclude(label="held").values_list("label", flat=True)).values()
    ) == {1}
    assert Mark.objects.filter(label="held").count() == 20
    # A claim that was handed back unstarted is counted, and refunded.
    assert not TaskRun.objects.exclude(spent=1).exists()


@pytest.mark.timeout(200)
def test_redis_that_is_down_for_twenty_seconds_is_felt_by_nobody(
    programs: Programs, server: RedisServer, settings: Settings
) -> None:
    settings.ROOT_URLCONF = visits.__name__
    program = programs.worker("--threads=4")
    workers = program.workers()
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)

    server.stop()
    seen = visits.visit(seconds=20, every=0.1)
    server.start()

    assert seen.statuses == {200}
    assert visits.share_of_long(seen.waits, seconds=20) < 1 / 3
    wait_for_status(RunStatus.SUCCESSFUL, *seen.ids, seconds=30)
    assert Mark.objects.count() == len(seen.ids) > 20
    wait_until(lambda: "is back" in program.log.read_text(), "the worker is connected")
    assert program.workers() == workers
    lines = [line for line in program.log.read_text().splitlines() if "is away" in line]
    assert 1 <= len(lines) <= 20


def test_a_doorbell_that_rings_three_times_on_two_hosts_starts_its_run_once(
    programs: Programs, redis: RedisCarrier, tmp_path: Path
) -> None:
    names = ["one.example", "two.example"]
    for name in names:
        programs.worker("--threads=4", environment=hosts.named(name, tmp_path))
    assert sorted(Worker.objects.values_list("host", flat=True)) == names
    ids = [result.id for result in enqueue_many(leave_mark, [((str(n),), {}) for n in range(200)])]

    for _ in range(2):
        engine.ring([uuid.UUID(id_) for id_ in ids])

    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    wait_until(lambda: redis.waiting() == 0, "all rings were answered")
    assert Mark.objects.count() == 200
    assert not TaskRun.objects.exclude(spent=1, crashes=0).exists()


def test_the_doorbells_of_a_paused_queue_stay_in_redis(
    programs: Programs, redis: RedisCarrier
) -> None:
    ledger.pause(GateKind.QUEUE, "brief")
    program = programs.worker()
    (worker,) = program.workers()
    beats = Worker.objects.filter(pk=worker.pk, beat_at__gt=worker.beat_at)
    wait_until(beats.exists, "the worker has looked")

    ids = [result.id for result in enqueue_many(leave_mark, [((str(n),), {}) for n in range(50)])]

    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    assert redis.waiting() == 50
    ledger.resume(GateKind.QUEUE, "brief")
    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    wait_until(lambda: redis.waiting() == 0, "all were answered")


def test_a_long_backlog_is_not_rung_again(programs: Programs, redis: RedisCarrier) -> None:
    enqueue_many(add, [((1, 1), {})] * BACKLOG)
    TaskRun.objects.update(run_at=TaskRun.objects.latest("id").enqueued_at.replace(year=2020))

    timer = programs.timer(options={"sweep": 0.2})
    wait_until(lambda: "Timer is ready" in timer.log.read_text(), "the timer works")
    # What is due meanwhile shows that it has swept, and rings once.
    later = make_run(status=RunStatus.SCHEDULED)
    TaskRun.objects.filter(pk=later.pk).update(run_at=Now() + timedelta(seconds=1))
    wait_until(lambda: TaskRun.objects.get(pk=later.pk).status == RunStatus.READY, "it has swept")

    assert redis.waiting() <= BACKLOG + 1


def test_a_dead_workers_doorbells_are_answered_by_others(
    programs: Programs, redis: RedisCarrier, gate: Path
) -> None:
    program = programs.worker("--threads=2")
    held = [result.id for result in enqueue_many(hold, [(("held", str(gate)), {})] * 6)]
    wait_until(lambda: Mark.objects.count() == 2, "two began")

    os.kill(program.workers()[0].pid, signal.SIGKILL)
    gate.touch()

    wait_for_status(RunStatus.SUCCESSFUL, *held, seconds=25)


def test_a_worker_starts_and_works_without_redis(programs: Programs, server: RedisServer) -> None:
    server.stop()
    program = programs.worker()

    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)

    wait_until(lambda: "is away" in program.log.read_text(), "it says so")
    assert program.log.read_text().count("is away") == 1
    server.start("--maxmemory-policy", "allkeys-lru")
    wait_until(lambda: "maxmemory-policy is allkeys-lru" in program.log.read_text(), "it warns")
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
