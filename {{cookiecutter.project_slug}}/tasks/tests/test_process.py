"""What a worker process does when nobody is left who would tell it to stop."""

import os
import uuid
from collections.abc import Callable

import pytest
from django.db import OperationalError

from tasks.worker.liveness import Sleeper
from tasks.worker.options import WorkerOptions
from tasks.worker.process import WorkerProcess


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "moment",
    [WorkerProcess._on_turn, lambda process: process.database_is_away(OperationalError("away"))],
    ids=["at each turn of its heart", "while the database is away"],
)
def test_it_leaves_when_its_supervisor_is_gone(moment: Callable[[WorkerProcess], None]) -> None:
    nobody = os.getpid()
    process = WorkerProcess(WorkerOptions(supervisor=nobody), Sleeper(uuid.uuid4()))

    moment(process)

    assert process.stopping.is_set()
