"""A call without a row goes through Redis alone: made once, or lost, and never in between."""

import json
import os
import signal
import time
import uuid
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.tasks.exceptions import TaskResultDoesNotExist
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tasks import calls, ledger
from tasks.conf import options
from tasks.enqueue import enqueue_many
from tasks.errors import ArgumentsTooLarge
from tasks.models import GateKind, RunStatus, TaskRun, Worker
from tasks.tests.sample.models import Mark
from tasks.tests.sample.tasks import add, glance, glance_async
from tests.conformance.harness import Program, Programs, wait_for_status, wait_until
from tests.engine import sent
from tests.engine.server import RedisServer

NAME = glance.module_path


def marks() -> Counter[str]:
    return Counter(Mark.objects.values_list("label", flat=True))


def text(**changed: object) -> str:
    fields: dict[str, object] = {
        "id": uuid.uuid4().hex,
        "task": NAME,
        "queue": "brief",
        "arguments": json.dumps({"args": ["sent by hand"], "kwargs": {}}),
        "headers": None,
        "at": timezone.now().timestamp(),
    }
    return json.dumps(fields | changed)


NONSENSE = {
    "not JSON": "{not JSON",
    "a scalar": "5",
    "no fields": "{}",
    "wrong types": text(arguments={"args": []}),
    "no id": text(id="seven"),
    "no time": text(at=1e300),
    "an unknown task": text(task="os.system"),
    "a task that keeps a row": text(task=add.module_path),
    "arguments that are none": text(arguments="[1, 2]"),
    "arguments that are no JSON": text(arguments="{"),
    "much too long": text(arguments="x" * 300_000),
}


def test_calls_are_made_once_each_and_leave_no_row(crew: Program) -> None:
    many: list[Any] = [((f"plain {n}",), {}) for n in range(200)]
    results = enqueue_many(glance, many)
    enqueue_many(glance_async, [((f"async {n}",), {}) for n in range(50)])

    wait_until(lambda: Mark.objects.count() == 250, "all were made")
    wait_until(lambda: sent.waiting() == 0, "nothing is left in Redis")
    assert set(marks().values()) == {1}
    assert not TaskRun.objects.exists()
    with pytest.raises(TaskResultDoesNotExist):
        glance.get_result(results[0].id)
    with pytest.raises(TaskResultDoesNotExist):
        results[0].wait(5)


def test_a_call_is_sent_by_the_commit_and_not_by_a_rollback(
    transactional_db: None, server: RedisServer
) -> None:
    with transaction.atomic():
        glance.enqueue("rolled back")
        transaction.set_rollback(True)

    def commit() -> int:
        with transaction.atomic():
            glance.enqueue("committed")
            assert sent.waiting() == 0
        return sent.waiting()

    # A request gives up on a Redis that takes half a second: on a busy machine this one may.
    assert wait_until(commit, "a call was sent") == 1


def test_a_call_that_waits_for_its_time_or_for_a_strange_queue_has_a_row(
    transactional_db: None, server: RedisServer
) -> None:
    glance.using(run_after=timedelta(hours=1)).enqueue("later")
    glance.using(queue_name="named by no task").enqueue("elsewhere")

    assert sent.waiting() == 0
    assert set(TaskRun.objects.values_list("status", flat=True)) == {
        RunStatus.READY,
        RunStatus.SCHEDULED,
    }


def test_arguments_are_bounded_as_in_a_row_and_arrive_as_they_were(crew: Program) -> None:
    room = options().max_argument_bytes - len('{"args":["size"],"kwargs":{"load":""}}')

    with pytest.raises(ArgumentsTooLarge):
        glance.enqueue("size", load="x" * (room + 1))
    # A quote is two bytes of the arguments, and up to eight in their message.
    glance.enqueue("size", load='"' * (room // 2))

    wait_until(lambda: marks()["size"] == 1, "it came")


def test_a_call_that_fails_is_made_once_and_said(crew: Program) -> None:
    glance.enqueue("stumbles", fails=True)

    wait_until(lambda: "Stumble: stumbles" in crew.log.read_text(), "it was said")
    glance.enqueue("after")
    wait_until(lambda: marks()["after"] == 1, "the next one was made")
    assert marks() == {"stumbles": 1, "after": 1}
    assert crew.log.read_text().count("Stumble: stumbles") == 1


def test_what_is_no_call_is_set_aside_and_harms_no_neighbour(crew: Program) -> None:
    workers = crew.workers()
    sent.forget_reasons()

    for number, nonsense in enumerate(NONSENSE.values()):
        sent.send(nonsense)
        glance.enqueue(f"neighbour {number}")
    sent.send(text())

    wait_until(lambda: Mark.objects.count() == len(NONSENSE) + 1, "all neighbours were made")
    assert marks()["sent by hand"] == 1
    wait_until(lambda: len(sent.reasons()) == len(NONSENSE), "all are set aside")
    assert any("keeps a row" in reason for reason in sent.reasons())
    assert crew.workers() == workers
    wait_until(lambda: sent.waiting() == 0, "nothing is left in Redis")


def test_the_calls_of_a_paused_queue_wait(programs: Programs, server: RedisServer) -> None:
    ledger.pause(GateKind.QUEUE, "brief")
    (worker,) = programs.worker().workers()
    for _ in range(2):
        # It beats, then it reads what is paused: the second beat comes after that.
        worker.refresh_from_db()
        looked = Worker.objects.filter(pk=worker.pk, beat_at__gt=worker.beat_at)
        wait_until(looked.exists, "the worker beat")

    enqueue_many(glance, [((f"waits {n}",), {}) for n in range(20)])

    glance_async.enqueue("elsewhere")
    wait_until(lambda: marks()["elsewhere"] == 1, "other queues go on")
    wait_for_status(RunStatus.SUCCESSFUL, add.enqueue(1, 2).id)
    assert (Mark.objects.count(), sent.waiting()) == (1, 20)
    ledger.resume(GateKind.QUEUE, "brief")
    wait_until(lambda: Mark.objects.count() == 21, "they were made")


def test_a_worker_that_leaves_ends_its_calls_and_leaves_the_rest_to_others(
    programs: Programs, server: RedisServer, gate: Path
) -> None:
    program = programs.worker("--threads=1")
    glance.enqueue("held", gate=str(gate))
    wait_until(lambda: marks()["held"] == 1, "it began")
    enqueue_many(glance, [((f"waits {n}",), {}) for n in range(10)])
    time.sleep(0.2)

    program.send(signal.SIGTERM)
    gate.touch()
    assert program.wait() == 0

    programs.worker()
    wait_until(lambda: Mark.objects.count() == 11, "all were made")
    assert set(marks().values()) == {1}


def test_a_call_whose_worker_is_killed_is_not_made_again(
    programs: Programs, server: RedisServer, gate: Path
) -> None:
    program = programs.worker("--threads=1")
    (killed,) = program.workers()
    glance.enqueue("held", gate=str(gate))
    wait_until(lambda: marks()["held"] == 1, "it began")

    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: set(program.workers()) - {killed}, "another took its place")
    glance.enqueue("after")

    wait_until(lambda: marks()["after"] == 1, "the next one was made")
    assert marks()["held"] == 1
    assert sent.waiting() == 0


def test_nobody_waits_for_redis_and_calls_are_lost_meanwhile(
    transactional_db: None, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.stop()
    began = time.monotonic()

    for number in range(20):
        glance.enqueue(f"lost {number}")

    assert time.monotonic() - began < 1
    assert caplog.text.count("calls without a row are lost") == 1
    assert not TaskRun.objects.exists()


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
def test_a_call_is_read_as_it_was_written(words: str, kwargs: dict[str, str]) -> None:
    arguments = json.dumps({"args": [words], "kwargs": kwargs})
    call = calls.read(text(arguments=arguments))

    again = calls.read(calls.write(call))

    assert (again.id, again.name, again.queue) == (call.id, call.name, call.queue)
    assert json.loads(again.arguments) == {"args": [words], "kwargs": kwargs}


@pytest.mark.parametrize("name", NONSENSE)
def test_what_is_no_call_is_refused_in_words(name: str) -> None:
    with pytest.raises(calls.NoCall, match=r"^(it|its|no|the) "):
        calls.read(NONSENSE[name])
