"""What an attempt led to: success, another attempt later, or the end."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any

from tasks import around
from tasks.conf import options
from tasks.errors import ResultNotJSON, TaskCancelled, UnknownTask
from tasks.failure import Failure, fingerprint
from tasks.ledger import Claimed, Outcome
from tasks.models import RunStatus
from tasks.payload import dump_result
from tasks.reasons import NOBODY_DECLARES

if TYPE_CHECKING:
    from tasks.task import Task
    from tasks.worker.executing import Execution

logger = logging.getLogger("tasks")

UNKNOWN_TASK_DELAY = 30.0
"""Seconds between two looks for a worker that knows a task."""


def succeed(execution: Execution, value: Any) -> Outcome:
    """Return the outcome of a body that returned. Raises `ResultNotJSON`."""
    return Outcome(
        id=execution.claimed.id,
        attempt=execution.claimed.attempt,
        leads=execution.claimed.leads,
        group_id=execution.claimed.group_id,
        status=RunStatus.SUCCESSFUL,
        return_value=dump_result(execution.claimed.name, value),
    )


def fail(execution: Execution, error: BaseException) -> Outcome:
    """Return the outcome of a body that raised: another attempt later, or the end."""
    claimed, task = execution.claimed, execution.task
    seconds = time.monotonic() - execution.began
    failure = Failure.of(
        error,
        attempt=claimed.attempt,
        worker_id=claimed.worker_id,
        started_at=claimed.attempted_at,
        seconds=seconds,
        secrets=execution.secrets(),
    )
    around.failed(execution, failure)
    status, delay = _verdict(execution, error)
    _log(claimed, task, status, delay, error, failure)
    return Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        leads=claimed.leads,
        group_id=claimed.group_id,
        status=status,
        errors=failure.appended_to(claimed.errors),
        fingerprint=fingerprint(claimed.name, error) if status == RunStatus.FAILED else None,
        delay=delay,
    )


def _verdict(execution: Execution, error: BaseException) -> tuple[RunStatus, float | None]:
    """Return where a failed attempt leads, and in how many seconds."""
    claimed, task = execution.claimed, execution.task
    if isinstance(error, TaskCancelled) and execution.stop.requested:
        return RunStatus.CANCELLED, None
    if not _is_worth_another_attempt(task, error) or claimed.spent >= claimed.max_attempts:
        return RunStatus.FAILED, None
    return RunStatus.SCHEDULED, backoff(task, claimed.spent)


def _is_worth_another_attempt(task: Task[..., Any], error: BaseException) -> bool:
    # What a body returned will not become JSON by running it again.
    if isinstance(error, (ResultNotJSON, *task.give_up_on)):
        return False
    return not task.retry_on or isinstance(error, task.retry_on)


def backoff(task: Task[..., Any], spent: int) -> float:
    """Return the seconds before the next attempt: `backoff · 2^(spent - 1)`, at most `max_backoff`.

    Jitter takes up to half of it away, so that runs that failed together do not come back together.
    """
    base = options().backoff if task.backoff is None else task.backoff
    most = options().max_backoff if task.max_backoff is None else task.max_backoff
    # Beyond 2^60 the power only matters as "more than any limit".
    return float(min(most, base * 2.0 ** min(spent - 1, 60))) * random.uniform(0.5, 1.0)  # noqa: S311


def unknown(claimed: Claimed) -> Outcome:
    """Return the outcome of a task that no installed app declares.

    Perhaps a newer deploy does: the run waits for one, for `unknown_task_grace`, before it fails.
    """
    waited = (claimed.attempted_at - claimed.started_at).total_seconds()
    grace = options().unknown_task_grace
    if waited < grace:
        logger.warning("Run %s is of unknown task %s: it waits", claimed.id, claimed.name)
        delay = min(UNKNOWN_TASK_DELAY, grace)
        return Outcome(
            id=claimed.id,
            attempt=claimed.attempt,
            leads=claimed.leads,
            group_id=claimed.group_id,
            status=RunStatus.SCHEDULED,
            delay=delay,
            refund=1,
        )
    error = UnknownTask(NOBODY_DECLARES % {"name": repr(claimed.name)})
    return _hopeless(claimed, error)


def unreadable(claimed: Claimed, error: Exception) -> Outcome:
    """Return the outcome of a row whose arguments or history this project cannot have written."""
    return _hopeless(claimed, error, errors="[]")


def _hopeless(claimed: Claimed, error: Exception, *, errors: str | None = None) -> Outcome:
    failure = Failure.of(
        error,
        attempt=claimed.attempt,
        worker_id=claimed.worker_id,
        started_at=claimed.attempted_at,
    )
    logger.error("Run %s of %s cannot be run: %r", claimed.id, claimed.name, error)
    return Outcome(
        id=claimed.id,
        attempt=claimed.attempt,
        leads=claimed.leads,
        group_id=claimed.group_id,
        status=RunStatus.FAILED,
        errors=failure.appended_to(claimed.errors if errors is None else errors),
        fingerprint=fingerprint(claimed.name, error),
    )


def _log(
    claimed: Claimed,
    task: Task[..., Any],
    status: RunStatus,
    delay: float | None,
    error: BaseException,
    failure: Failure,
) -> None:
    name, kind = task.module_path, type(error).__qualname__
    if delay is not None:
        logger.warning(
            "Run %s of %s: attempt %d of %d raised %s; the next one is in %.1f s",
            claimed.id,
            name,
            claimed.spent,
            claimed.max_attempts,
            kind,
            delay,
        )
    elif status == RunStatus.CANCELLED:
        logger.info("Run %s of %s stopped as it was asked to", claimed.id, name)
    elif task.sensitive:
        # The exception itself holds what its description has left out.
        logger.error("Run %s of %s failed for good\n%s", claimed.id, name, failure.traceback)
    else:
        logger.error("Run %s of %s failed for good", claimed.id, name, exc_info=error)
