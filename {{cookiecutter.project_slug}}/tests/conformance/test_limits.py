"""Limits hold exactly, however many threads and processes there are, and hold up nothing else."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.enqueue import enqueue_many
from tasks.models import GateKind, RunStatus, TaskRun
from tasks.service import service
from tasks.task import Task
from tasks.tests.sample.models import Mark, Visit
from tasks.tests.sample.tasks import (
    hold,
    leave_mark,
    occupy,
    occupy_loop,
    occupy_queue,
    one_at_a_time,
    twenty_in_two_seconds,
)
from tests.conformance.harness import Program, Programs, wait_for_status, wait_until

pytestmark = pytest.mark.guarantee(
    "A limit on runs at once, or on starts in a time, holds exactly across all workers"
)


SHORT_LEASE = {"lease": 3.0}


def most_at_once() -> int:
    """The most visits that overlapped."""
    moments: list[tuple[datetime, int]] = []
    for visit in Visit.objects.all():
        assert visit.left_at is not None
        moments += [(visit.entered_at, 1), (visit.left_at, -1)]
    inside, most = 0, 0
    for _, change in sorted(moments):
        inside += change
        most = max(most, inside)
    return most


def most_in_a_window(starts: Iterable[datetime], window: timedelta) -> int:
    """The most starts that any window saw."""
    times = sorted(starts)
    return max(sum(begin <= one < begin + window for one in times) for begin in times)


def enqueue_and_wait(task: Task[[float], Any], seconds: float, count: int) -> None:
    results = enqueue_many(task, [((seconds,), {})] * count)
    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))


def test_a_task_runs_no_more_often_at_once_than_it_may_and_no_less(crew: Program) -> None:
    enqueue_and_wait(occupy, 0.05, 60)

    assert Visit.objects.count() == 60
    assert most_at_once() == 3


def test_a_limit_holds_on_the_event_loop_too(crew: Program) -> None:
    enqueue_and_wait(occupy_loop, 0.05, 30)

    assert most_at_once() == 2


def test_a_queue_runs_no_more_at_once_than_people_allowed(programs: Programs) -> None:
    service.set_limit("brief", 4, by=None)
    programs.worker("--threads=3", processes=2)

    enqueue_and_wait(occupy_queue, 0.1, 60)

    # More than one process has threads for.
    assert most_at_once() == 4
    assert Visit.objects.values("pid").distinct().count() == 2


def test_no_window_sees_more_starts_than_a_rate_allows(crew: Program) -> None:
    results = enqueue_many(twenty_in_two_seconds, [((), {})] * 50)
    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in results))

    starts = [run.attempted_at for run in TaskRun.objects.all() if run.attempted_at]
    assert len(starts) == 50
    assert most_in_a_window(starts, timedelta(seconds=2)) == 20
    # Two windows must pass, and no third.
    assert max(starts) - min(starts) < timedelta(seconds=6)


@pytest.mark.guarantee("What is limited or paused holds up nothing else")
def test_a_limited_backlog_holds_up_no_other(crew: Program) -> None:
    limited = enqueue_many(occupy, [((0.3,), {})] * 60)

    free = enqueue_many(leave_mark, [((f"mark {number}",), {}) for number in range(300)])
    wait_for_status(RunStatus.SUCCESSFUL, *(result.id for result in free))

    ids = [result.id for result in limited]
    assert TaskRun.objects.filter(pk__in=ids, status=RunStatus.READY).count() > 30
    service.cancel([uuid.UUID(id_) for id_ in ids], by=None)
    wait_until(lambda: service.depth("default").running == 0, "the rest has ended")


@pytest.mark.guarantee("A lock whose holder was killed is free again")
def test_a_lock_whose_holder_was_killed_is_free_again(programs: Programs, gate: Path) -> None:
    first = programs.worker("--threads=2", options=SHORT_LEASE)
    held = enqueue_many(one_at_a_time, [((), {})])[0]
    wait_for_status(RunStatus.SUCCESSFUL, held.id)
    running = hold.using(queue_name="held").enqueue("holder", str(gate))
    service.set_limit("held", 1, by=None)
    wait_for_status(RunStatus.RUNNING, running.id)
    waiting = hold.using(queue_name="held").enqueue("next", str(gate))
    second = programs.worker("--threads=2", "--queues=held", options=SHORT_LEASE)
    assert TaskRun.objects.get(pk=waiting.id).status == RunStatus.READY

    first.kill()
    wait_until(lambda: TaskRun.objects.get(pk=running.id).attempt > 1, "the holder runs again")
    assert Mark.objects.filter(label="next").count() == 0
    assert second.pids()


@pytest.mark.guarantee("What people pause does not start, and goes on when they resume it")
def test_a_pause_takes_effect_and_so_does_its_end(crew: Program) -> None:
    service.pause(GateKind.QUEUE, "brief", by=None)
    service.pause(GateKind.TASK, occupy.module_path, by=None)
    paused = [leave_mark.enqueue("in a paused queue").id, occupy.enqueue(0.01).id]
    other = one_at_a_time.enqueue()
    wait_for_status(RunStatus.SUCCESSFUL, other.id)
    assert TaskRun.objects.filter(pk__in=paused, status=RunStatus.READY).count() == 2

    service.resume(GateKind.QUEUE, "brief", by=None)
    service.resume(GateKind.TASK, occupy.module_path, by=None)

    wait_for_status(RunStatus.SUCCESSFUL, *paused)


@pytest.mark.guarantee("What has expired never starts")
def test_what_expires_while_all_are_busy_never_starts(programs: Programs, gate: Path) -> None:
    programs.worker("--threads=1")
    busy = hold.enqueue("busy", str(gate))
    wait_for_status(RunStatus.RUNNING, busy.id)

    late = leave_mark.using(expires_after=0.5).enqueue("late")

    wait_for_status(RunStatus.CANCELLED, late.id)
    assert not Mark.objects.filter(label="late").exists()
