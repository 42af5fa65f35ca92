"""What is old of exports: first their files, long after their rows; `cleanup` asks every night."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from exports import files
from exports.models import Export
from exports.states import ExportState
from tasks.failpoints import failpoint


def ready() -> QuerySet[Export]:
    """Return all exports that will expire one day."""
    return Export.objects.filter(state=ExportState.READY)


def ended() -> QuerySet[Export]:
    """Return all exports whose files are gone; their parts go with them."""
    return Export.objects.filter(state__in=[state for state in ExportState if state.is_gone])


def expire(exports: QuerySet[Export]) -> int:
    """Delete the files of ready exports and say so in their rows; return how many did.

    The files go first: of a worker that dies in between, the next one finds nothing left to delete
    and writes the rows.
    """
    found = list(exports.filter(state=ExportState.READY))
    for export in found:
        failpoint("expiry: file not deleted")
        files.delete_all(export)
        failpoint("expiry: file deleted, not written down")
    rows = Export.objects.filter(pk__in=[export.pk for export in found], state=ExportState.READY)
    return rows.update(state=ExportState.EXPIRED, updated_at=Now())
