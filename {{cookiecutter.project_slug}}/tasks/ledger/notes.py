"""What a body says of its run while it runs."""

import uuid

from tasks.ledger.turns import turn_to_write
from tasks.models import RunStatus, TaskRun


def write_notes(
    id_: uuid.UUID, attempt: int, *, progress: str | None = None, state: str | None = None
) -> bool:
    """Write progress or a checkpoint, as JSON; return whether the claim is still good."""
    notes = {"progress": progress, "state": state}
    changed = {name: text for name, text in notes.items() if text is not None}
    run = TaskRun.objects.filter(pk=id_, attempt=attempt, status=RunStatus.RUNNING)
    with turn_to_write():
        return bool(run.update(**changed))
