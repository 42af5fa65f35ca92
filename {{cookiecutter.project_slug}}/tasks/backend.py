"""The `django.tasks` backend: a call becomes a row in the caller's transaction, then a ring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.backends.dummy import DummyBackend
from django.tasks.backends.immediate import ImmediateBackend
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_enqueued
from django.utils import timezone

from tasks import around, ledger, registry
from tasks.conf import options
from tasks.engine import engine
from tasks.errors import UnknownTask
from tasks.fleeting import Carry, needs_no_row
from tasks.models import RunStatus, TaskRun
from tasks.origin import headers
from tasks.payload import dump_arguments
from tasks.results import RunResult, parse_id, result_of, result_of_new
from tasks.task import Task

type Call = tuple[Sequence[Any], dict[str, Any]]
"""The arguments of one call: positional and by keyword."""


class LedgerBackend(BaseTaskBackend):
    """Stores runs in the database; the chosen engine wakes the workers."""

    task_class = Task
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def enqueue(  # type: ignore[override]
        self, task: Task[..., Any], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> RunResult[..., Any]:
        """Insert a run in the caller's transaction and return it.

        A call that needs no row is sent after the commit instead, where the engine can. With a
        unique key whose run still lives, that run is returned. Raises `ArgumentsNotJSON` and
        `ArgumentsTooLarge`; the transaction is intact then.
        """
        return self._make(task, [(args, kwargs)])[0]

    def enqueue_many(
        self, task: Task[..., Any], calls: Iterable[Call]
    ) -> list[RunResult[..., Any]]:
        """Insert a run for every `(args, kwargs)`, in bulk and in one transaction."""
        return self._make(task, list(calls))

    def get_result(self, result_id: str) -> RunResult[..., Any]:
        """Return what is known of a run. Raises `TaskResultDoesNotExist`."""
        run = TaskRun.objects.filter(pk=parse_id(result_id)).first()
        if run is None:
            raise TaskResultDoesNotExist(result_id)
        task = registry.find(run.name)
        if task is None:
            raise UnknownTask(
                f"Run {run.id} is of task {run.name}, which no installed app declares any more."
            )
        return result_of(run, task, self.alias)

    def check(self, **_kwargs: Any) -> list[checks.CheckMessage]:
        """Report options that are unknown or make no sense, and what the engine finds amiss."""
        try:
            options()
        except ImproperlyConfigured as error:
            return [checks.Error(str(error), hint="See docs/settings.md.", id="tasks.E001")]
        return engine.check()

    def announce(self, result: RunResult[..., Any]) -> None:
        """Tell who listens that a run was inserted."""
        task_enqueued.send_robust(type(self), task_result=result)

    def _make(self, task: Task[..., Any], calls: Sequence[Call]) -> list[RunResult[..., Any]]:
        with around.enqueueing(task.module_path, task.queue_name, len(calls)):
            runs = [new_run(task, args, kwargs) for args, kwargs in calls]
            if engine.carry is not None and needs_no_row(task):
                return self._send(task, runs, calls, engine.carry)
            return self._insert(task, runs, calls)

    def _send(
        self,
        task: Task[..., Any],
        runs: Sequence[ledger.NewRun],
        calls: Sequence[Call],
        carry: Carry,
    ) -> list[RunResult[..., Any]]:
        """Leave no record: what these return is in nobody's memory."""
        results = []
        for run, (args, kwargs) in zip(runs, calls, strict=True):
            run.enqueued_at = timezone.now()
            results.append(result_of_new(run, task, self.alias, args, kwargs))
            self.announce(results[-1])
        transaction.on_commit(partial(carry, runs), robust=True)
        return results

    def _insert(
        self, task: Task[..., Any], runs: Sequence[ledger.NewRun], calls: Sequence[Call]
    ) -> list[RunResult[..., Any]]:
        holders = ledger.insert(runs)
        results = []
        ready = []
        for run, holder, (args, kwargs) in zip(runs, holders, calls, strict=True):
            if holder is not None:
                results.append(result_of(holder, task, self.alias))
                continue
            result = result_of_new(run, task, self.alias, args, kwargs)
            results.append(result)
            self.announce(result)
            if run.status == RunStatus.READY:
                ready.append(run)
        if ready:
            # Robust: a ring that fails is a log line. The run is stored, and workers also look.
            ids = [run.id for run in ready]
            transaction.on_commit(partial(engine.ring, ids, ready), robust=True)
        return results


class RunNowBackend(ImmediateBackend):
    """Django's immediate backend for tasks with this project's options; keeps no row."""

    task_class = Task


class RecordBackend(DummyBackend):
    """Django's dummy backend for tasks with this project's options; runs nothing."""

    task_class = Task


def new_run(task: Task[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> ledger.NewRun:
    """Return the row of a call. Raises `ArgumentsNotJSON` and `ArgumentsTooLarge`."""
    name = task.module_path
    is_later = task.run_after is not None and task.run_after > timezone.now()
    return ledger.NewRun(
        name=name,
        queue=task.queue_name,
        priority=task.priority,
        status=RunStatus.SCHEDULED if is_later else RunStatus.READY,
        is_async=task.is_async,
        gated=task.is_gated,
        arguments=dump_arguments(name, args, kwargs),
        unique_key=task.key_of(args, kwargs),
        max_attempts=(task.max_attempts or options().max_attempts) if task.durable else 1,
        run_at=task.run_after,
        expires_after=task.expires_after,
        headers=headers(),
    )
