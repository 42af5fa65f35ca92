"""Real workers, killed for real, in the middle of an export."""

import os
import signal
import time

import pytest

from exports import files
from exports.asking import cancel
from exports.kinds import ExportKind
from exports.models import Export, ExportPart
from exports.states import ExportState
from exports.tests.factories import make_export, make_orders, run_of
from exports.tests.reference import assert_exports_add_up, orders_as_csv
from orders.models import Order
from tasks.models import RunStatus, Worker
from tests.conformance.harness import Programs, wait_until

ROWS = 6_000


def kill_the_worker_of(export: Export, *, after: int) -> None:
    """Kill the process that writes the export, once so many rows are in parts."""
    wait_until(
        lambda: Export.objects.filter(pk=export.pk, rows__gte=after).exists(),
        f"{after} rows were written",
    )
    run = run_of(export).get(status=RunStatus.RUNNING)
    assert run.worker_id is not None
    os.kill(Worker.objects.get(pk=run.worker_id).pid, signal.SIGKILL)


def unnamed_files(export: Export) -> set[str]:
    """Return the files that no part names: what a killed worker leaves."""
    found = set(files.names(export))
    return found - set(ExportPart.objects.filter(export=export).values_list("file", flat=True))


@pytest.mark.guarantee("What a body has stored of its progress outlives its worker")
def test_an_export_killed_three_times_redoes_a_chunk_each_and_is_the_same_file(
    programs: Programs,
) -> None:
    orders = make_orders(ROWS)
    reference = orders_as_csv(Order.objects.all())
    programs.worker("--queues=exports", "--threads=1")
    export = make_export(user=orders[0].user)

    for kill in (1, 2, 3):
        kill_the_worker_of(export, after=kill * ROWS // 5)
        assert len(unnamed_files(export)) <= kill

    wait_until(
        lambda: Export.objects.filter(pk=export.pk, state=ExportState.READY).exists(),
        "the export is ready",
    )
    run = run_of(export).get()
    wait_until(
        lambda: run_of(export).filter(status=RunStatus.SUCCESSFUL).exists(),
        "its run has ended",
    )
    export.refresh_from_db()
    assert run.attempt == 4
    assert files.read(export.file) == reference
    assert export.parts.count() == ROWS // 20
    assert_exports_add_up()


@pytest.mark.guarantee(
    "A run that is cancelled stops: at once while it waits, and as soon as it listens while it runs"
)
@pytest.mark.parametrize("kind", [ExportKind.ORDERS_CSV, ExportKind.ORDERS_XLSX])
def test_cancelling_leaves_no_files_within_five_seconds(
    programs: Programs, kind: ExportKind
) -> None:
    orders = make_orders(ROWS)
    programs.worker("--queues=exports", "--threads=2")
    export = make_export(kind, user=orders[0].user)
    wait_until(lambda: next(files.names(export), None), "it has begun to write")

    cancel(export, by=export.user)

    cancelled_at = time.monotonic()
    run = run_of(export).filter(status__in=(RunStatus.RUNNING, RunStatus.READY))
    wait_until(
        lambda: not run.exists() and not list(files.names(export)),
        "the worker has stopped and the files are gone",
        seconds=5,
    )
    assert time.monotonic() - cancelled_at < 5
    assert_exports_add_up()
