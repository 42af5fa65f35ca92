"""Makes runs that have ended, in numbers."""

import random
from datetime import datetime, timedelta

from tasks.models import FINAL, RunStatus, TaskRun

NAMES = ("shop.tasks.sell", "shop.tasks.pack", "shop.tasks.send")
QUEUES = ("default", "mail")


def make_ended(finished_at: datetime, **fields: object) -> TaskRun:
    """Insert a run that waited for a second, took two, and ended then."""
    return TaskRun.objects.create(**_ended(finished_at, 1.0, 2.0, **fields))


def make_many_ended(
    count: int, *, since: datetime, until: datetime, source: random.Random
) -> list[TaskRun]:
    """Insert runs that ended at random times, in random ways."""
    seconds = (until - since).total_seconds()
    runs = []
    for _ in range(count):
        fields = _ended(
            since + timedelta(seconds=source.uniform(0, seconds)),
            source.expovariate(2.0),
            source.expovariate(0.5),
            name=source.choice(NAMES),
            queue=source.choice(QUEUES),
            status=source.choices(FINAL, weights=(8, 1, 1))[0],
        )
        if fields["status"] == RunStatus.CANCELLED and source.random() < 0.5:
            fields["attempted_at"] = None
        runs.append(TaskRun(**fields))
    return TaskRun.objects.bulk_create(runs)


def _ended(
    finished_at: datetime, wait: float, duration: float, **fields: object
) -> dict[str, object]:
    attempted_at = finished_at - timedelta(seconds=duration)
    return {
        "name": NAMES[0],
        "status": RunStatus.SUCCESSFUL,
        "attempt": 1,
        "run_at": attempted_at - timedelta(seconds=wait),
        "attempted_at": attempted_at,
        "finished_at": finished_at,
        **fields,
    }
