"""What a body says of its run while it runs."""

import uuid
from typing import Any

from django.db.models import Case, F, Value, When

from tasks.ledger.turns import turn_to_write
from tasks.models import RunStatus, TaskRun


def write_notes(
    id_: uuid.UUID, attempt: int, *, progress: str | None = None, state: str | None = None
) -> bool:
    """Write progress or a checkpoint, as JSON; return whether the claim is still good.

    A run that has got on is not what kills its workers: a new checkpoint forgives its crashes.
    """
    changed: dict[str, Any] = {}
    if progress is not None:
        changed["progress"] = progress
    if state is not None:
        changed["state"] = state
        changed["crashes"] = Case(When(state=state, then=F("crashes")), default=Value(0))
    run = TaskRun.objects.filter(pk=id_, attempt=attempt, status=RunStatus.RUNNING)
    with turn_to_write():
        return bool(run.update(**changed))
