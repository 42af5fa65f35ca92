"""Messages only ring: senseless, doubled or left behind, they harm nothing and are cleared away."""

import asyncio
import os
import signal
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now

from tasks import ledger, streams
from tasks.broker import worker_client
from tasks.engine import engine
from tasks.enqueue import enqueue_many
from tasks.models import GateKind, RunStatus, TaskRun, Worker
from tasks.tests.factories import make_run
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add_async, glance, hold, leave_mark
from tasks.worker import tidying
from tasks.worker.outage import Outage
from tasks.worker.tidying import Tidier
from tests.conformance.harness import Programs, wait_for_status, wait_until
from tests.engine import hosts, sent
from tests.engine.carrier import NONSENSE
from tests.engine.server import RedisServer

LONGEST_COPY = 1100
DOORBELLS = streams.stream("brief", priority=0, is_async=False)


def unread(server: RedisServer) -> int:
    """How many messages are in all streams, read or not."""
    client = server.client()
    keys = list(client.scan_iter(f"{settings.REDIS_PREFIX}:queue:*"))
    return sum(client.xlen(key) for key in keys)


def backlog() -> Counter[str]:
    """The queues of which something waits, as the engine counts."""
    return +Counter(engine.backlog())


def read_long_ago(server: RedisServer, name: str) -> None:
    """Read what is there, as a worker that was killed a minute ago."""
    client = server.client()
    client.xgroup_create(name, streams.GROUP, "0")
    found: Any = client.xreadgroup(streams.GROUP, "lost", {name: ">"})
    [(_, messages)] = found
    ids = [id_ for id_, _ in messages]
    client.xclaim(name, streams.GROUP, "lost", 0, ids, idle=60_000)


def test_each_senseless_message_is_set_aside_and_harms_no_neighbour(
    programs: Programs, server: RedisServer
) -> None:
    program = programs.worker()
    workers = program.workers()
    ids: list[str] = []

    for fields in NONSENSE.values():
        server.client().xadd(DOORBELLS, fields)
        marks: list[Any] = [((f"mark {len(ids) + number}",), {}) for number in range(20)]
        ids += [result.id for result in enqueue_many(leave_mark, marks)]

    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    assert Mark.objects.count() == len(ids) == 160
    assert program.workers() == workers
    client = server.client()
    wait_until(lambda: client.xlen(streams.aside_key()) == len(NONSENSE), "all are set aside")
    aside: list[Any] = client.xrange(streams.aside_key()) or []
    for _, note in aside:
        assert note[b"reason"]
        assert len(note[b"copy"]) < LONGEST_COPY
    assert program.log.read_text().count("is set aside") == len(NONSENSE)
    wait_until(lambda: unread(server) == 0, "nothing is left in the streams")


def test_a_key_that_is_no_stream_is_renamed(programs: Programs, server: RedisServer) -> None:
    server.client().set(DOORBELLS, "a string")

    programs.worker()

    wait_for_status(RunStatus.SUCCESSFUL, leave_mark.enqueue("mark").id)
    wait_until(lambda: server.client().type(DOORBELLS) == b"stream", "it is a stream now")
    assert server.client().get(f"{streams.aside_key()}:{DOORBELLS}") == b"a string"


def test_a_doorbell_that_rings_three_times_on_two_hosts_starts_its_run_once(
    programs: Programs, server: RedisServer, tmp_path: Path
) -> None:
    names = ["one.example", "two.example"]
    for name in names:
        programs.worker(environment=hosts.named(name, tmp_path))
    assert sorted(Worker.objects.values_list("host", flat=True)) == names
    ids = [result.id for result in enqueue_many(leave_mark, [((str(n),), {}) for n in range(100)])]

    for _ in range(2):
        engine.ring([uuid.UUID(id_) for id_ in ids])

    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    wait_until(lambda: unread(server) == 0, "all messages were read")
    groups: Any = server.client().xinfo_groups(DOORBELLS)
    [group] = groups
    assert (group["name"], group["consumers"]) == (streams.GROUP.encode(), 2)
    assert Mark.objects.count() == 100
    # A claim that was handed back unstarted is counted, and refunded.
    assert not TaskRun.objects.exclude(spent=1).exists()


def test_a_backlog_is_not_rung_for_again_and_again(programs: Programs, server: RedisServer) -> None:
    enqueue_many(leave_mark, [((str(number),), {}) for number in range(10_000)])
    TaskRun.objects.update(run_at=Now() - timedelta(minutes=10))
    rang = unread(server)

    timer = programs.timer(options={"sweep": 0.2})
    wait_until(lambda: "Timer is ready" in timer.log.read_text(), "the timer works")
    # What is due meanwhile shows that it has swept.
    later = make_run(status=RunStatus.SCHEDULED)
    TaskRun.objects.filter(pk=later.pk).update(run_at=Now() + timedelta(seconds=1))
    wait_until(lambda: TaskRun.objects.get(pk=later.pk).status == RunStatus.READY, "it has swept")

    assert rang == 10_000
    assert unread(server) <= rang + 1
    assert backlog().total() == unread(server)


def test_the_messages_of_a_paused_queue_wait_unread(
    programs: Programs, server: RedisServer
) -> None:
    ledger.pause(GateKind.QUEUE, "brief")
    (worker,) = programs.worker().workers()
    for _ in range(2):
        # It beats, then it reads what is paused: the second beat comes after that.
        worker.refresh_from_db()
        looked = Worker.objects.filter(pk=worker.pk, beat_at__gt=worker.beat_at)
        wait_until(looked.exists, "the worker beat")

    ids = [result.id for result in enqueue_many(leave_mark, [((str(n),), {}) for n in range(30)])]
    wait_for_status(RunStatus.SUCCESSFUL, add_async.enqueue(1, 2).id)
    assert backlog() == {"brief": 30}
    ledger.resume(GateKind.QUEUE, "brief")

    wait_for_status(RunStatus.SUCCESSFUL, *ids)
    wait_until(lambda: unread(server) == 0, "all messages were read")


def test_what_a_killed_worker_had_read_is_cleared_away(
    programs: Programs, server: RedisServer, gate: Path
) -> None:
    program = programs.worker("--threads=2")
    (killed,) = program.workers()
    results = [hold.enqueue("held", str(gate)) for _ in range(2)]
    wait_until(lambda: Mark.objects.count() == 2, "both began")

    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: Mark.objects.count() == 4, "both began again")
    gate.touch()

    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))
    wait_until(lambda: unread(server) == 0, "its messages are gone", seconds=60)


def test_what_a_lost_worker_had_read_is_taken_over(programs: Programs, server: RedisServer) -> None:
    leave_mark.enqueue("rung")
    glance.enqueue("called")
    for name in (DOORBELLS, sent.STREAM):
        read_long_ago(server, name)

    programs.worker()

    wait_until(lambda: unread(server) + sent.waiting() == 0, "both messages are done with")
    wait_until(lambda: Mark.objects.count() == 2, "both have their effect")
    assert set(Mark.objects.values_list("label", flat=True)) == {"called", "rung"}


@pytest.mark.django_db(transaction=True)
def test_a_consumer_that_is_gone_is_forgotten_and_what_it_had_rings_again(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_mark.enqueue("rung")
    read_long_ago(server, DOORBELLS)
    assert backlog() == {}
    monkeypatch.setattr(tidying, "GONE_SECONDS", -1.0)

    async def forget() -> None:
        redis = worker_client(timeout=5)
        tidier = Tidier(redis, "another", queues=lambda: {"brief"}, outage=Outage())
        await tidier.forget_the_gone()
        await redis.aclose()

    asyncio.run(forget())

    assert server.client().xinfo_consumers(DOORBELLS, streams.GROUP) == []
    assert unread(server) == 1
    assert backlog() == {"brief": 1}


def test_a_worker_that_leaves_leaves_nothing_behind(
    programs: Programs, server: RedisServer, gate: Path, tmp_path: Path
) -> None:
    program = programs.worker("--threads=1", "--grace=0.5")
    running = hold.enqueue("running", str(tmp_path / "never"))
    wait_for_status(RunStatus.RUNNING, running.id)
    waiting = [add_async.enqueue(1, 2).id, leave_mark.enqueue("waits").id]
    wait_for_status(RunStatus.SUCCESSFUL, waiting[0])

    program.send(signal.SIGTERM)
    assert program.wait() == 0

    # Two runs wait, and so do their messages, unread.
    assert TaskRun.objects.filter(status=RunStatus.READY).count() == 2
    assert unread(server) == 2
    assert backlog() == {"brief": 1, "default": 1}
    assert server.client().xinfo_consumers(DOORBELLS, streams.GROUP) == []
