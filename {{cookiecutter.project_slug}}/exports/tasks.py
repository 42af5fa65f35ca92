"""What happens to exports in the background."""

import uuid
from datetime import timedelta

from exports import building, lookout
from exports.models import Export
from tasks.context import RunContext
from tasks.schedules import schedule
from tasks.task import task


@task(
    queue_name="exports",
    takes_context=True,
    max_attempts=12,
    backoff=1.0,
    max_backoff=300.0,
    give_up_on=(Export.DoesNotExist,),
    unique="{export_id}",
)
def build_export(context: RunContext, export_id: str) -> str:
    """Make the file of one export; return the state it ended in."""
    return building.build(context, uuid.UUID(export_id))


# Deleted at once and, until the worker that was at it has stopped, once more after a second.
@task(
    queue_name="exports",
    priority=10,
    max_attempts=60,
    backoff=1.0,
    max_backoff=2.0,
    unique="{export_id}",
)
def discard_files(export_id: str) -> int:
    """Delete the files of an export that was stopped; return how many were left."""
    return lookout.discard(uuid.UUID(export_id))


@schedule(every=timedelta(seconds=10))
@task(queue_name="exports", expires_after=60.0, unique=True)
def look_after_exports() -> int:
    """End exports whose run has ended without them; return how many."""
    return lookout.end_abandoned()
