"""An export takes the memory of one chunk, however many there are."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from exports.kinds import ExportKind
from exports.states import ExportState
from exports.tests.crowd import make_crowd
from exports.tests.factories import make_export
from exports.tests.reference import assert_exports_add_up

MOST_MEGABYTES = 150

# A process of its own, whose peak is nobody else's; with chunks as large as in production.
PROGRAM = """
import resource, sys
from pathlib import Path

import django

django.setup()
from django.conf import settings
from tasks.testing import run_due

settings.EXPORT_CHUNK_ROWS = 2000
run_due()
status = Path("/proc/self/status")
if status.exists():
    # Not `ru_maxrss`, which a process inherits from the one that started it.
    [peak] = [line.split()[1] for line in status.open() if line.startswith("VmHWM")]
    print(int(peak) / 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)
"""


@pytest.mark.alike
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "rows"), [(ExportKind.ORDERS_CSV, 200_000), (ExportKind.ORDERS_XLSX, 50_000)]
)
def test_many_rows_take_little_memory(kind: ExportKind, rows: int) -> None:
    export = make_export(kind, user=make_crowd(rows))

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    export.refresh_from_db()
    assert (export.state, export.rows) == (ExportState.READY, rows)
    assert float(done.stdout) < MOST_MEGABYTES
    assert_exports_add_up()
