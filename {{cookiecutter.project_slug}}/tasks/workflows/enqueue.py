"""Inserts a planned workflow, in the caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from tasks import around, ledger
from tasks.backend import LedgerBackend
from tasks.errors import UniqueRunExists
from tasks.models import RunStatus
from tasks.results import RunResult, result_of_new
from tasks.step import Step
from tasks.workflows import inline
from tasks.workflows.plan import Plan, Planned, PlannedChain, PlannedGroup, PlannedStep
from tasks.workflows.results import ChainResult, GroupResult, Result
from tasks.workflows.shapes import Chain, Group, Shape

type Results = dict[uuid.UUID, RunResult[..., Any]]


def enqueue_chain(chain: Chain) -> ChainResult:
    """See `Chain.enqueue()`."""
    if not _has_rows(chain):
        return inline.run_chain(chain)
    plan = Plan()
    with around.enqueueing("chain", "", len(list(_steps(chain)))):
        planned = plan.add_chain(chain)
        results = _insert(plan)
    return _result_of_chain(planned, results)


def enqueue_group(group: Group) -> GroupResult:
    """See `Group.enqueue()`."""
    if not _has_rows(group):
        return inline.run_group(group)
    plan = Plan()
    with around.enqueueing("group", "", len(list(_steps(group)))):
        planned = plan.add_group(group)
        results = _insert(plan)
    return _result_of_group(planned, results)


def _has_rows(shape: Shape) -> bool:
    """Whether this project's backend is everybody's; Django's own, in a test, keep no rows."""
    aliases = {step.task.backend: step.task for step in _steps(shape)}
    return all(isinstance(task.get_backend(), LedgerBackend) for task in aliases.values())


def _steps(shape: Shape) -> Iterator[Step[Any]]:
    if isinstance(shape, Step):
        yield shape
        return
    for inner in shape.steps if isinstance(shape, Chain) else shape.members:
        yield from _steps(inner)
    if isinstance(shape, Group) and shape.then is not None:
        yield shape.then


def _insert(plan: Plan) -> Results:
    runs = [planned.run for planned in plan.steps]
    # A key that is taken undoes all of it, and nothing else of the caller's.
    with transaction.atomic():
        ledger.insert_groups(plan.groups)
        for planned, holder in zip(plan.steps, ledger.insert(runs), strict=True):
            if holder is not None:
                raise UniqueRunExists(
                    f"Step {planned.run.name}: run {holder.pk} holds the unique key "
                    f"{planned.run.unique_key!r} and has not ended. Nothing was enqueued."
                )
        # Those without members have ended already.
        ledger.end_groups([row.pk for row in plan.groups if not row.total])
        ledger.ring_after_commit([run.id for run in runs if run.status == RunStatus.READY])
    return {planned.run.id: _announced(planned) for planned in plan.steps}


def _announced(planned: PlannedStep) -> RunResult[..., Any]:
    step, task = planned.step, planned.step.task
    result = result_of_new(planned.run, task, task.backend, step.args, step.kwargs)
    backend = task.get_backend()
    if isinstance(backend, LedgerBackend):
        backend.announce(result)
    return result


def _result(planned: Planned, results: Results) -> Result:
    if isinstance(planned, PlannedStep):
        return results[planned.run.id]
    if isinstance(planned, PlannedGroup):
        return _result_of_group(planned, results)
    return _result_of_chain(planned, results)


def _result_of_chain(planned: PlannedChain, results: Results) -> ChainResult:
    return ChainResult(tuple(_result(step, results) for step in planned.steps))


def _result_of_group(planned: PlannedGroup, results: Results) -> GroupResult:
    then = None if planned.then is None else results[planned.then.run.id]
    return GroupResult(str(planned.group.pk), then)
