"""Makes an export's file, in steps that a killed worker costs one of.

    waiting ──► reading ──► assembling ──► ready ──► expired
       └───────────┴─────────────┴──► cancelled, failed

Rows are read in chunks. Each chunk becomes a part: first its file, whole or not at all; then, in
one transaction, its row, the count of rows and the checkpoint with the key to go on from. So a
worker that dies leaves at most one file that no row names, and the next one reads that chunk again
and no other. When all rows are in parts, the parts become the file.

The checkpoint is refused to a worker whose run was given to another, and with it all that is in its
transaction: two workers that both think the export theirs cannot both write.
"""

import logging
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from emails.outbox import queue_mail
from exports import files
from exports.cells import Row
from exports.formats import Parts
from exports.models import Export, ExportPart
from exports.states import ExportState
from tasks.context import RunContext
from tasks.errors import TaskCancelled
from tasks.failpoints import failpoint

logger = logging.getLogger(__name__)


class Stopped(Exception):
    """The export is not to be finished any more: somebody cancelled it, or gave it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where to go on: what the checkpoint holds."""

    table: int = 0
    """Which of the recipe's tables."""
    after: int = 0
    """The last key of it that is in a part."""
    part: int = 0
    """How many parts there are."""


def build(context: RunContext, export_id: uuid.UUID) -> ExportState:
    """Carry an export on until its file is ready, or somebody stopped it; return its state.

    Raises `Export.DoesNotExist`, and `TaskCancelled` when the run was stopped or given to another.
    """
    try:
        while step := STEPS.get((export := Export.objects.get(pk=export_id)).status):
            step(context, export)
    except Stopped:
        export = Export.objects.get(pk=export_id)
    logger.info("Export %s has ended: %s.", export.id, export.state)
    # What an earlier attempt left; of one that is ready, all but its file.
    files.delete_all(export, but=[export.file] if export.file else [])
    failpoint("export: tidied up")
    return export.status


def begin(context: RunContext, export: Export) -> None:
    """Fix what belongs to the export: rows up to the last key of now."""
    failpoint("export: not begun")
    bounds = {table.name: table.bound(export.scope) for table in export.recipe.tables}
    export.move(
        to=ExportState.READING,
        bounds={name: asdict(bound) for name, bound in bounds.items()},
        total=sum(bound.count for bound in bounds.values()),
        began_at=Now(),
    )
    failpoint("export: begun")


def read(context: RunContext, export: Export) -> None:
    """Write all rows that are not in parts yet."""
    rows = export.rows
    while chunk := _next_chunk(export, Position(**(context.state or {}))):
        context.raise_if_cancelled()
        _write(context, export, *chunk)
        rows += len(chunk[0])
        context.progress(rows, export.total)
    export.move(to=ExportState.ASSEMBLING)
    failpoint("export: all rows in parts")


def assemble(context: RunContext, export: Export) -> None:
    """Make the parts one file, and tell the owner."""
    tables = (
        Parts(table, _Contents(context, export, table.name)) for table in export.recipe.tables
    )
    with tempfile.TemporaryFile() as file:
        export.recipe.format.assemble(tables, file, made_at=export.created_at)
        size, sha256 = files.measure(file)
        _go_on(context, export)
        name = files.save_whole(export, file)
    failpoint("export: whole, not written down")
    try:
        with transaction.atomic():
            # As a fence: whoever lost the run changes nothing.
            context.checkpoint(context.state)
            _finish(export, name, size, sha256)
            failpoint("export: ready, not committed")
        failpoint("export: ready")
    except (Stopped, TaskCancelled):
        files.delete(name)
        raise


STEPS: dict[ExportState, Callable[[RunContext, Export], None]] = {
    ExportState.WAITING: begin,
    ExportState.READING: read,
    ExportState.ASSEMBLING: assemble,
}


def _next_chunk(export: Export, position: Position) -> tuple[list[Row], str, Position] | None:
    """Return the rows to write next, the name of their table, and where they end."""
    after = position.after
    for number, table in list(enumerate(export.recipe.tables))[position.table :]:
        rows, last_key = table.page(
            export.scope,
            after=after,
            last_key=export.bound(table.name).last_key,
            most=settings.EXPORT_CHUNK_ROWS,
        )
        if rows:
            end = Position(table=number, after=last_key, part=position.part + 1)
            return rows, table.name, end
        after = 0
    return None


def _write(context: RunContext, export: Export, rows: list[Row], table: str, end: Position) -> None:
    content = export.recipe.format.part(rows)
    name = files.save_part(export, number=end.part, attempt=context.attempt, content=content)
    failpoint("export: part saved, not written down")
    try:
        with transaction.atomic():
            context.checkpoint(asdict(end))
            _count(export, len(rows))
            ExportPart.objects.create(
                export=export,
                number=end.part,
                table=table,
                last_key=end.after,
                rows=len(rows),
                file=name,
            )
            failpoint("export: part written down, not committed")
        failpoint("export: part written down")
    except (Stopped, TaskCancelled):
        # After any other error nobody knows whether the row was committed: the file may be named.
        files.delete(name)
        raise


def _count(export: Export, rows: int) -> None:
    """Add the rows of a part, unless the export was stopped. Raises `Stopped`."""
    here = Export.objects.filter(pk=export.pk, state=ExportState.READING)
    if not here.update(rows=F("rows") + rows, updated_at=Now()):
        raise Stopped


def _finish(export: Export, name: str, size: int, sha256: str) -> None:
    expires_at = Now() + timedelta(days=settings.EXPORT_KEEP_DAYS)
    if not export.move(
        to=ExportState.READY, file=name, size=size, sha256=sha256, expires_at=expires_at
    ):
        raise Stopped
    export.refresh_from_db()
    queue_mail(
        key=f"export-ready:{export.id}",
        template="export_ready",
        to=export.user.email,
        language=export.user.language,
        context={"export": export, "days": settings.EXPORT_KEEP_DAYS},
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    """The parts of a table, one in memory at a time."""

    context: RunContext
    export: Export
    table: str

    def __iter__(self) -> Iterator[bytes]:
        parts = self.export.parts.filter(table=self.table).order_by("number")
        for name in parts.values_list("file", flat=True):
            _go_on(self.context, self.export)
            yield files.read(name)


def _go_on(context: RunContext, export: Export) -> None:
    """Raise `TaskCancelled` or `Stopped` when there is no reason to."""
    context.raise_if_cancelled()
    if not Export.objects.filter(pk=export.pk, state=export.state).exists():
        raise Stopped
