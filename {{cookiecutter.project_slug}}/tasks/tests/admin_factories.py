"""Makes what the tests of the admin look at: rows in any state, and users with some permissions."""

import uuid
from datetime import timedelta
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from tasks.failure import Failure
from tasks.models import RunStatus, TaskRun, Worker

# What a page must never hold as it stands.
CANARY = '<script>canary("\'&")</script>'

VIEW, RETRY, CANCEL = "view_taskrun", "retry_taskrun", "cancel_taskrun"

_numbers = count(1)


def make_run(status: str = RunStatus.READY, **fields: Any) -> TaskRun:
    """Make a run, as if the ledger had brought it to that status."""
    return TaskRun.objects.create(status=status, **{"name": "shop.tasks.sell", **fields})


def make_failed_run(**fields: Any) -> TaskRun:
    """Make a run that has failed once and for all."""
    return make_run(RunStatus.FAILED, **{"errors": failure(), "attempt": 1, "spent": 1, **fields})


def failure(message: str = "out of paper", *, errors: str = "[]", **fields: Any) -> str:
    """Return `errors` with one more failed attempt."""
    written: dict[str, Any] = {
        "attempt": 1,
        "exception_class_path": "shop.errors.PrinterJam",
        "message": message,
        "traceback": f"Traceback (most recent call last):\nPrinterJam: {message}",
        "worker_id": str(uuid.uuid4()),
        "started_at": timezone.now().isoformat(),
        "seconds": 1.5,
        **fields,
    }
    return Failure(**written).appended_to(errors)


def make_worker(*, silent: float = 0, **fields: Any) -> Worker:
    """Make a worker that beat so many seconds ago."""
    now = timezone.now()
    return Worker.objects.create(
        **{
            "host": "worker.example.com",
            "pid": next(_numbers),
            "engine": "database",
            "threads": 4,
            "beat_at": now - timedelta(seconds=silent),
            "lease_until": now + timedelta(seconds=20 - silent),
            **fields,
        }
    )


def staff(*codenames: str) -> Client:
    """Return the browser of a member of the staff who has these permissions and no other."""
    user = get_user_model().objects.create_user(f"staff{next(_numbers)}@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client
