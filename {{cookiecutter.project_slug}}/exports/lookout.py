"""Ends what no worker will end: exports whose run failed for good or was cancelled elsewhere."""

import logging
import uuid

from django.db import transaction
from django.utils.translation import gettext as _

from exports import files
from exports.models import Export
from exports.states import LIVE, ExportState
from tasks.failpoints import failpoint
from tasks.models import LIVE as LIVE_RUNS
from tasks.models import RunStatus, TaskRun

logger = logging.getLogger(__name__)


class StillRunning(Exception):
    """A worker may be writing to the export yet: its files have to be looked for again."""


def end_abandoned() -> int:
    """End every export on its way whose run has ended, and delete its files; return how many."""
    exports = list(Export.objects.filter(state__in=LIVE))
    runs = TaskRun.objects.in_bulk([export.run_id for export in exports if export.run_id])
    count = 0
    for export in exports:
        run = runs.get(export.run_id) if export.run_id else None
        if run is None or run.status not in LIVE_RUNS:
            count += _end(export, run)
    return count


def discard(export_id: uuid.UUID) -> int:
    """Delete the files of an export that was stopped; return how many there were.

    Raises `StillRunning` as long as its run has not ended: it may leave one more.
    """
    export = Export.objects.get(pk=export_id)
    if export.status.is_live or export.status is ExportState.READY:
        return 0
    # Asked before, so that what is written after the deletion is known to be possible.
    is_running = TaskRun.objects.filter(pk__in=[export.run_id], status__in=LIVE_RUNS).exists()
    failpoint("stopped export: files not deleted")
    count = files.delete_all(export)
    failpoint("stopped export: files deleted")
    if is_running:
        raise StillRunning(f"The run {export.run_id} of export {export_id} has not stopped yet.")
    return count


def _end(export: Export, run: TaskRun | None) -> bool:
    with transaction.atomic():
        # The row first: it may have become ready since it was read, and then its file stays. It is
        # committed after the files are gone: should this process die, it is found here again.
        if run is not None and run.status == RunStatus.CANCELLED:
            ended = export.move(to=ExportState.CANCELLED)
        else:
            ended = export.move(to=ExportState.FAILED, reason=_why(run))
        if not ended:
            return False
        failpoint("abandoned export: files not deleted")
        files.delete_all(export)
        failpoint("abandoned export: ended, not committed")
    failpoint("abandoned export: ended")
    logger.warning("Export %s was ended: its run has.", export.id)
    return True


def _why(run: TaskRun | None) -> str:
    if run is None or not run.failures:
        return _("Its run has ended without it.")
    failure = run.failures[-1]
    return f"{failure['exception_class_path']}: {failure['message']}"
