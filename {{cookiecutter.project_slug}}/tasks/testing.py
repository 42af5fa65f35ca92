"""What a project's own tests need: run what is due, and ask what was enqueued."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync

from tasks import ledger, registry, runner
from tasks.keeping import write_lines
from tasks.models import FINAL, RunStatus, TaskRun, Worker
from tasks.sensitive import masked_arguments
from tasks.task import Task
from tasks.worker.executing import Executing, Finished


def run_due(*, most: int = 1000) -> list[TaskRun]:
    """Run, in this thread and transaction, everything that is due, and what that enqueues.

    Returns the runs in the order in which they were run, as they are now. A run that failed with
    attempts left is scheduled for later and so not run again here. Raises `RuntimeError` when
    `most`
    runs did not empty the queues: a task that enqueues itself never would.
    """
    worker = Worker(id=uuid.uuid4(), host="tests", pid=0, engine="inline", threads=1)
    ledger.register_worker(worker)
    done: list[uuid.UUID] = []
    while claims := _claim_one(worker.id) or _claim_after_sweep(worker.id):
        if len(done) >= most:
            raise RuntimeError(f"{most} runs did not empty the queues: {claims[0].name} goes on.")
        _run(claims[0])
        done.append(claims[0].id)
    ledger.retire_worker(worker.id)
    runs = TaskRun.objects.in_bulk(done)
    return [runs[id_] for id_ in done]


def assert_enqueued(task: Task[..., Any], *args: Any, **kwargs: Any) -> TaskRun:
    """Return the newest run of `task` with these arguments.

    Raises `AssertionError`, with what was enqueued instead, when there is none.
    """
    runs = TaskRun.objects.filter(name=task.module_path).order_by("-id")
    for run in runs:
        if run.args == list(args) and run.kwargs == kwargs:
            return run
    others = [_call(run.name, run.args, run.kwargs) for run in TaskRun.objects.order_by("id")]
    raise AssertionError(
        f"{_call(task.module_path, args, kwargs)} was not enqueued. "
        f"Enqueued were: {', '.join(others) or 'no runs'}."
    )


def assert_not_enqueued(task: Task[..., Any]) -> None:
    """Raise `AssertionError` when any run of `task` exists."""
    count = TaskRun.objects.filter(name=task.module_path).count()
    if count:
        raise AssertionError(f"{task.module_path} was enqueued {count} times.")


def _call(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    shown_args, shown_kwargs = masked_arguments(name, args, kwargs)
    return f"{name}(*{shown_args}, **{shown_kwargs})"


def _claim_one(worker_id: uuid.UUID) -> list[ledger.Claimed]:
    ledger.promote()
    ready = TaskRun.objects.filter(status=RunStatus.READY).values_list("queue", flat=True)
    for is_async in (False, True):
        if claims := ledger.claim(
            worker_id, sorted(set(ready)), 1, is_async=is_async, suspects=None
        ):
            return claims
        admitted = ledger.claim_through_gates(worker_id, None, {is_async: 1}, suspects=None)
        if admitted.claims:
            return admitted.claims
    return []


def _claim_after_sweep(worker_id: uuid.UUID) -> list[ledger.Claimed]:
    """A group ends after the commit of its last member, and a test's transaction never commits."""
    while ledger.sweep_workflows():
        if claims := _claim_one(worker_id):
            return claims
    return []


def _run(claimed: ledger.Claimed) -> None:
    task = registry.find(claimed.name)
    if task is not None and task.is_async:
        finished: Finished = async_to_sync(runner.run_async)(claimed, Executing())
    else:
        finished = runner.run(claimed, Executing())
    if finished.execution is not None:
        write_lines([finished.execution])
    outcome = finished.outcome
    if outcome is None:
        return
    if not outcome.written:
        ledger.settle([outcome])
    if finished.execution is not None and outcome.status in FINAL:
        runner.announce_finish(finished.execution, outcome)
