"""READY to RUNNING: a worker takes runs, all at once or none."""

import uuid
from collections.abc import Sequence

from django.db import connection
from django.db.models import Case, F, When

from tasks import registry
from tasks.ledger import claim_postgresql, claim_sqlite
from tasks.ledger.lanes import FREE, Lane, on_which_life
from tasks.ledger.rows import Claimed
from tasks.models import RunStatus, TaskRun


def claim(
    worker_id: uuid.UUID,
    queues: Sequence[str],
    limit: int,
    *,
    is_async: bool = False,
    suspects: bool | None = False,
) -> list[Claimed]:
    """Take up to `limit` due runs for a worker, most urgent first.

    `is_async` chooses the runs of `async def` tasks instead of all others. `suspects` chooses runs
    on their last life (see `last_life()`), all others (the default), or, if `None`, both. Queues
    that are paused or limited, and tasks that are, give nothing here: see `tasks.ledger.gates`. A
    worker that was declared lost gets nothing.
    """
    taken = claim_open(FREE, worker_id, queues, limit, is_async=is_async, suspects=suspects)
    taken.sort(key=lambda run: (-run.priority, run.run_at, run.id))
    return taken


def claim_these(
    worker_id: uuid.UUID,
    ids: Sequence[uuid.UUID],
    *,
    is_async: bool | None = None,
    suspects: bool | None = False,
) -> list[Claimed]:
    """Take those of these runs that are due and that nothing holds back, in no order.

    `is_async` chooses those of `async def` tasks, of all others, or, if `None`, both. What is left
    out is nothing to be sad about: another worker has it, it waits behind a gate, or it is on its
    last life and executed alone.
    """
    if not ids:
        return []
    which = on_which_life(suspects)
    if is_async is not None:
        which += " AND is_async" if is_async else " AND NOT is_async"
    claim_ids = claim_postgresql.claim_ids if _is_postgresql() else claim_sqlite.claim_ids
    return _admit(claim_ids(ids, worker_id, which), worker_id)


def claim_open(
    lane: Lane,
    worker_id: uuid.UUID,
    queues: Sequence[str],
    limit: int,
    *,
    is_async: bool,
    suspects: bool | None,
) -> list[Claimed]:
    """Take due runs from one lane of each queue, in no order, without those whose task has a gate.

    Those go behind it.
    """
    taken: list[Claimed] = []
    while len(taken) < limit:
        found = claim_from(
            lane, worker_id, queues, limit - len(taken), is_async=is_async, suspects=suspects
        )
        admitted = _admit(found, worker_id)
        taken += admitted
        if len(admitted) == len(found):
            break
    return taken


def claim_from(
    lane: Lane,
    worker_id: uuid.UUID,
    queues: Sequence[str],
    limit: int,
    *,
    is_async: bool,
    suspects: bool | None,
) -> list[tuple[bool, Claimed]]:
    """Take due runs from one lane of each queue; say of each whether its task is paused."""
    if not queues or limit <= 0:
        return []
    parameters = {"is_async": is_async, "limit": limit, "name": lane.name}
    claim_lane = claim_postgresql.claim_lane if _is_postgresql() else claim_sqlite.claim_lane
    return claim_lane(lane, worker_id, queues, on_which_life(suspects), parameters)


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _admit(found: Sequence[tuple[bool, Claimed]], worker_id: uuid.UUID) -> list[Claimed]:
    """Return the claims that may stand.

    A run that came this way before its task was limited or paused goes behind its gate, as if it
    had never been claimed.
    """
    gated = registry.gated()
    barred = {run.id for is_paused, run in found if is_paused or run.name in gated}
    if barred:
        TaskRun.objects.filter(pk__in=barred, worker_id=worker_id, status=RunStatus.RUNNING).update(
            status=RunStatus.READY,
            gated=True,
            worker_id=None,
            spent=F("spent") - 1,
            # As in `tasks.ledger.settle`: what has not started may still expire.
            started_at=Case(When(spent=1, errors="[]", then=None), default=F("started_at")),
        )
    return [run for _, run in found if run.id not in barred]
