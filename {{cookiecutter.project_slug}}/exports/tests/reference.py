"""The file as it should be, written in the simplest way: all at once, from all rows."""

import csv
import io
from datetime import UTC

from django.db.models import QuerySet, Sum

from exports import files
from exports.models import Export
from exports.states import ExportState
from orders.models import Order

HEAD = ["order", "customer", "state", "total", "currency", "items", "placed_at", "updated_at"]


def orders_as_csv(orders: QuerySet[Order]) -> bytes:
    """Return the orders as a CSV file holds them. No cell of theirs is dangerous."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for order in orders.select_related("user").prefetch_related("lines").order_by("pk"):
        writer.writerow(
            [
                order.public_id,
                order.user.email,
                order.state,
                f"{order.total / 100:.2f}",
                order.currency,
                "; ".join(f"{line.quantity} x {line.name}" for line in order.lines.all()),
                order.created_at.astimezone(UTC).isoformat(timespec="seconds"),
                order.updated_at.astimezone(UTC).isoformat(timespec="seconds"),
            ]
        )
    return text.getvalue().encode()


def assert_exports_add_up() -> None:
    """Check what is true of exports whatever was killed: rows, parts, and files.

    Not while orders are placed: one that took its id before the export began, and was committed
    after it had counted, is a row more than it has counted.
    """
    for export in Export.objects.annotate(in_parts=Sum("parts__rows")):
        assert (export.in_parts or 0) == export.rows <= export.total
        found = list(files.names(export))
        if export.state == ExportState.READY:
            assert export.rows == export.total
            assert found == [export.file]
            assert files.storage().size(export.file) == export.size
        elif not export.status.is_live:
            assert found == []
