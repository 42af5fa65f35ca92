"""Makes workers and runs for tests of the ledger."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from tasks import ledger
from tasks.ledger import Claimed
from tasks.models import RunStatus, Schedule, TaskRun, Worker, WorkerStatus

ADD = "tasks.tests.sample.tasks.add"
QUEUES = ("default", "brief", "mail")


def make_worker(*, silent_for: float = 0.0, status: str = WorkerStatus.ALIVE) -> uuid.UUID:
    """Enter a worker whose last beat is so many seconds old; return its id.

    It holds no session lock on PostgreSQL: once silent for some seconds it counts as dead there.
    """
    worker = Worker(id=uuid.uuid4(), host="test", pid=1, engine="test", threads=1)
    ledger.register_worker(worker)
    changed: dict[str, Any] = {"status": status}
    if silent_for:
        changed["beat_at"] = Now() - timedelta(seconds=silent_for)
        changed["lease_until"] = Now() + timedelta(seconds=20 - silent_for)
    Worker.objects.filter(pk=worker.pk).update(**changed)
    return worker.id


def lose_worker(worker_id: uuid.UUID) -> None:
    """Declare a worker lost."""
    Worker.objects.filter(pk=worker_id).update(status=WorkerStatus.LOST)


def make_run(**fields: Any) -> TaskRun:
    """Insert a run of `add(1, 2)`, READY unless said otherwise."""
    defaults = {"name": ADD, "arguments": '{"args":[1,2],"kwargs":{}}', "max_attempts": 3}
    run = TaskRun.objects.create(**{**defaults, **fields})
    run.refresh_from_db()
    return run


def claim(worker_id: uuid.UUID, limit: int = 10, queues: Sequence[str] = QUEUES) -> list[Claimed]:
    """Claim whatever plain function is ready, runs on their last life included."""
    return ledger.claim(worker_id, queues, limit, suspects=None)


def make_held_run(worker_id: uuid.UUID | None = None, **fields: Any) -> tuple[TaskRun, Claimed]:
    """Insert a run and claim it, for a new worker unless one is given."""
    run = make_run(**fields)
    (claimed,) = claim(make_worker() if worker_id is None else worker_id)
    run.refresh_from_db()
    return run, claimed


def make_schedule(*, due_for: float = 0.0, **fields: Any) -> Schedule:
    """Insert a schedule of `add(1, 2)`, every day unless said otherwise, due for so many seconds.

    The first tick is where the test wants it, the next at midnight: seldom while the test runs.
    """
    defaults: dict[str, Any] = {
        "name": f"schedule {uuid.uuid4()}",
        "task": ADD,
        "arguments": '{"args":[1,2],"kwargs":{}}',
        "next_at": Now() - timedelta(seconds=due_for),
    }
    if not {"cron", "every_seconds"} & set(fields):
        defaults["every_seconds"] = 86_400
    schedule = Schedule.objects.create(**{**defaults, **fields})
    schedule.refresh_from_db()
    return schedule


def status_of(run: TaskRun) -> RunStatus:
    """Return what the table says now."""
    run.refresh_from_db()
    return RunStatus(run.status)


def with_options(**options: float) -> dict[str, dict[str, Any]]:
    """Return the setting `TASKS` with these numbers, for `override_settings`."""
    return {"default": {**settings.TASKS["default"], "OPTIONS": options}}
