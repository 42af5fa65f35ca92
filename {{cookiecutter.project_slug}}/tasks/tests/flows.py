"""What tests of workflows look at."""

import uuid
from typing import Any

from tasks import ledger
from tasks.ledger import Outcome
from tasks.models import LIVE, RunGroup, RunStatus, TaskRun
from tasks.results import RunResult
from tasks.workflows import ChainResult, GroupResult


def row_of(result: Any) -> TaskRun:
    """The row of a run, as it is now."""
    assert isinstance(result, RunResult)
    return TaskRun.objects.get(pk=result.id)


def group_of(result: GroupResult) -> RunGroup:
    """The row of a group, as it is now."""
    return RunGroup.objects.get(pk=result.id)


def live() -> int:
    """How many runs have not ended."""
    return TaskRun.objects.filter(status__in=LIVE).count()


def steps_of(result: ChainResult) -> list[TaskRun]:
    """The rows of a chain of plain steps, as they are now."""
    ids = [step.id for step in result.steps if isinstance(step, RunResult)]
    rows = TaskRun.objects.in_bulk([uuid.UUID(id_) for id_ in ids])
    return [rows[uuid.UUID(id_)] for id_ in ids]


def statuses(result: ChainResult) -> list[str]:
    """Where its steps are."""
    return [run.status for run in steps_of(result)]


def finish(claimed: ledger.Claimed, status: RunStatus = RunStatus.SUCCESSFUL) -> None:
    """Write the end of a claim."""
    outcome = Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        leads=claimed.leads,
        group_id=claimed.group_id,
        status=status,
        return_value="null",
    )
    assert ledger.settle([outcome]) == set()
