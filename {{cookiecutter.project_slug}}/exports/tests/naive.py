"""The export that everybody writes first. Its failures are shown in `test_naive.py`."""

import csv
from pathlib import Path

from django.http import FileResponse, HttpRequest

from orders.models import Order

PAGE = 20


def export_orders(path: Path) -> None:
    """Write all orders, newest first, a page at a time, into the file that people download."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order", "items"])
        offset = 0
        while page := Order.objects.order_by("-pk")[offset : offset + PAGE]:
            for order in page:
                items = "; ".join(line.name for line in order.lines.all())
                writer.writerow([order.public_id, items])
            offset += PAGE


def export_at_once(path: Path) -> None:
    """Write all orders of one query into the file that people download."""
    orders = list(Order.objects.prefetch_related("lines"))
    rows = [[order.public_id, [line.name for line in order.lines.all()]] for order in orders]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def download(request: HttpRequest, folder: Path) -> FileResponse:
    """Send the file that the address names."""
    return FileResponse((folder / request.GET["file"]).open("rb"))
