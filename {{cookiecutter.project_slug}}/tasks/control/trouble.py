"""What somebody should look at, counted for a badge: no further than one that fits."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.control.workforce import Health, health, with_silence
from tasks.models import RunStatus, TaskRun, Worker, WorkerStatus

MOST = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How much there is; at most `MOST + 1` of each."""

    failed: int
    """Runs that are failed now."""
    unwell: int
    """Workers that are late, or were lost within the last day."""


def trouble() -> Trouble:
    """Count it: two queries, each of an index or of a short table."""
    failed = TaskRun.objects.filter(status=RunStatus.FAILED).order_by().values("finished_at")
    workers = with_silence(Worker.objects.exclude(status=WorkerStatus.STOPPED))
    states = [health(worker, worker.silence) for worker in workers.order_by()[: MOST + 1]]
    return Trouble(
        failed=failed[: MOST + 1].count(),
        unwell=sum(state != Health.OK for state in states),
    )
